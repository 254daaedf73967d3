#include "bxb/usage.h"

#include <gtest/gtest.h>
