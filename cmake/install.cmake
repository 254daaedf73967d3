include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/bxb)

install(TARGETS bxb bxb_testing EXPORT bxbTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT bxbTargets NAMESPACE bxb:: DESTINATION ${package_dir})
install(DIRECTORY include/bxb DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")

configure_package_config_file(cmake/bxbConfig.cmake.in bxbConfig.cmake INSTALL_DESTINATION ${package_dir})
# While the major version is 0, a new minor version may break the API.
write_basic_package_version_file(bxbConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/bxbConfig.cmake ${PROJECT_BINARY_DIR}/bxbConfigVersion.cmake
        DESTINATION ${package_dir})
