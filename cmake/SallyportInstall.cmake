# cmake --install: the archives, the public headers, find_package(sallyport), pkg-config and the licence. The adapters are
# components, each with a file of targets and a pkg-config module of its own.
include(CMakePackageConfigHelpers)
set(SALLYPORT_PACKAGE_DIR "${CMAKE_INSTALL_LIBDIR}/cmake/sallyport")
get_property(adapters GLOBAL PROPERTY SALLYPORT_ADAPTERS)

# Users must link the Botan that the archive was built with.
set(SALLYPORT_BOTAN_MODULE "botan-2")
if(SALLYPORT_BOTAN_VERSION VERSION_GREATER_EQUAL 3)
  set(SALLYPORT_BOTAN_MODULE "botan-3")
endif()

install(TARGETS sallyport sallyport_options EXPORT sallyport_tls ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(DIRECTORY include/tls DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
if(adapters)
  install(DIRECTORY adapters/include/tls DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
endif()
install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}")

# Each part's targets; an adapter's installed archive; which adapters it is built on.
set(SALLYPORT_ADAPTERS_NEED "")
foreach(part tls ${adapters})
  set(${part}_needs "")
  if(NOT part STREQUAL "tls")
    install(TARGETS sallyport_${part} EXPORT sallyport_${part} ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
    get_target_property(linked sallyport_${part} LINK_LIBRARIES)
    foreach(other IN LISTS adapters)
      if("sallyport_${other}" IN_LIST linked)
        list(APPEND ${part}_needs ${other})
      endif()
    endforeach()
    list(JOIN ${part}_needs " " words)
    string(APPEND SALLYPORT_ADAPTERS_NEED "set(sallyport_${part}_needs ${words})\n")
  endif()
  install(EXPORT sallyport_${part} NAMESPACE sallyport:: FILE sallyport-${part}-targets.cmake
          DESTINATION "${SALLYPORT_PACKAGE_DIR}")
endforeach()

list(JOIN adapters " " SALLYPORT_ADAPTERS_WORDS)
configure_package_config_file(cmake/sallyport-config.cmake.in "${CMAKE_CURRENT_BINARY_DIR}/sallyport-config.cmake"
  INSTALL_DESTINATION "${SALLYPORT_PACKAGE_DIR}" NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file("${CMAKE_CURRENT_BINARY_DIR}/sallyport-config-version.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/sallyport-config.cmake"
              "${CMAKE_CURRENT_BINARY_DIR}/sallyport-config-version.cmake"
        DESTINATION "${SALLYPORT_PACKAGE_DIR}")

# pkg-config: sallyport, and sallyport-NAME for each adapter.
# Relocatable: the prefix is found from where the file lies, so that `cmake --install --prefix` may choose another.
file(RELATIVE_PATH SALLYPORT_PC_TO_PREFIX "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
configure_file(cmake/sallyport.pc.in "${CMAKE_CURRENT_BINARY_DIR}/sallyport.pc" @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/sallyport.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
foreach(SALLYPORT_ADAPTER IN LISTS adapters)
  set(SALLYPORT_REQUIRES "")
  foreach(needed IN LISTS ${SALLYPORT_ADAPTER}_needs)
    string(APPEND SALLYPORT_REQUIRES "sallyport-${needed} = ${PROJECT_VERSION}, ")
  endforeach()
  if(SALLYPORT_ADAPTER STREQUAL "pkcs11")
    string(APPEND SALLYPORT_REQUIRES "p11-kit-1 >= 0.23, ")
  endif()
  configure_file(cmake/sallyport-adapter.pc.in "${CMAKE_CURRENT_BINARY_DIR}/sallyport-${SALLYPORT_ADAPTER}.pc" @ONLY)
  install(FILES "${CMAKE_CURRENT_BINARY_DIR}/sallyport-${SALLYPORT_ADAPTER}.pc"
          DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
endforeach()
