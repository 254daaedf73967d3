#pragma once

#include <string>

#include "bxb/usage.h"
#include "read/usage_parameters.h"

namespace bxb::read {

/// Whether an event has a column of that name that holds numbers, or text.
bool IsNumberColumn(const std::string& name);
bool IsTextColumn(const std::string& name);

/// The SQL of the number that an event has in a field; NULL where it does not take part. It never fails, whatever the
/// event holds.
std::string NumberSql(const Field& field, Parameters& parameters);

/// The SQL of what UniqueCount compares: numbers of a number column, else text, byte by byte.
std::string IdentitySql(const Field& field, Parameters& parameters);

/// The SQL of a property as text that is compared byte by byte.
std::string PropertySql(const std::string& name, Parameters& parameters);

}  // namespace bxb::read
