# cmake --install: the archive, the public headers, find_package(sallyport) and pkg-config.
include(CMakePackageConfigHelpers)

# Users must link the Botan that the archive was built with.
set(SALLYPORT_BOTAN_MODULE "botan-2")
if(BOTAN_VERSION VERSION_GREATER_EQUAL 3)
  set(SALLYPORT_BOTAN_MODULE "botan-3")
endif()

install(TARGETS sallyport sallyport_options EXPORT sallyport_targets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(DIRECTORY include/tls DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(EXPORT sallyport_targets NAMESPACE sallyport:: FILE sallyport-targets.cmake
        DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/sallyport")

configure_package_config_file(cmake/sallyport-config.cmake.in "${CMAKE_CURRENT_BINARY_DIR}/sallyport-config.cmake"
  INSTALL_DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/sallyport")
write_basic_package_version_file("${CMAKE_CURRENT_BINARY_DIR}/sallyport-config-version.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/sallyport-config.cmake"
              "${CMAKE_CURRENT_BINARY_DIR}/sallyport-config-version.cmake"
        DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/sallyport")

# Relocatable: the prefix is found from where the file lies, so that `cmake --install --prefix` may choose another.
file(RELATIVE_PATH SALLYPORT_PC_TO_PREFIX "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
configure_file(cmake/sallyport.pc.in "${CMAKE_CURRENT_BINARY_DIR}/sallyport.pc" @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/sallyport.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
