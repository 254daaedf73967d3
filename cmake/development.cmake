# How bxb itself is built while it is worked on; a host project's build keeps its own settings.
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

# Designated initializers that name only some members are how options are passed here.
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor
                    -Woverloaded-virtual -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # gcc 12 sees overlaps in std::string's operator+, unset values in std::optional and foreign memory in a
  # replaced operator delete where there are none.
  add_compile_options(-Wno-restrict -Wno-maybe-uninitialized -Wno-mismatched-new-delete)
endif()

# Parses what most files include once for all of them. It hides #include lines that are missing: not for the build that
# is the measure.
option(BXB_PRECOMPILE "Precompile the headers of the libraries that are used" OFF)
if(BXB_PRECOMPILE AND CMAKE_CXX_COMPILER_ID STREQUAL Clang)
  add_compile_options("SHELL:-Xclang -fno-pch-timestamp")  # ccache goes by contents
endif()

# All clones share what has been compiled.
find_program(BXB_CCACHE ccache)
if(BXB_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1
                                  CCACHE_SLOPPINESS=pch_defines,time_macros ${BXB_CCACHE})
endif()
