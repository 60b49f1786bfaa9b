# A room is one folder of src/ and one target. Each has an include root of its own that holds nothing but it, so that its
# headers are included as "<room>/file.h". A room sees the rooms that it names in DEPS and those that they see; an
# include upwards or sideways does not compile.
set_property(GLOBAL PROPERTY SALLYPORT_ROOMS "")

# sallyport_room(NAME SOURCES ... [DEPS rooms...] [LINK libraries used inside only...])
function(sallyport_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;DEPS;LINK" ${ARGN})
  set(root "${PROJECT_BINARY_DIR}/rooms/${name}")
  file(MAKE_DIRECTORY "${root}")
  file(CREATE_LINK "${CMAKE_CURRENT_SOURCE_DIR}" "${root}/${name}" SYMBOLIC)
  add_library(sallyport_${name} OBJECT ${ROOM_SOURCES})
  target_include_directories(sallyport_${name} PUBLIC
    "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>" "$<BUILD_INTERFACE:${root}>")
  set_target_properties(sallyport_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden)
  foreach(dep IN LISTS ROOM_DEPS)
    # Headers of the room below; its objects reach users through the one archive.
    target_include_directories(sallyport_${name} PUBLIC
      $<TARGET_PROPERTY:sallyport_${dep},INTERFACE_INCLUDE_DIRECTORIES>)
  endforeach()
  target_link_libraries(sallyport_${name} PRIVATE sallyport_options ${ROOM_LINK})
  set_property(GLOBAL APPEND PROPERTY SALLYPORT_ROOMS ${name})
endfunction()

# The archive: every room's objects. Inside the build `sallyport_all` adds the rooms' headers for tests and tools
# that look inside; users link sallyport::tls and see include/tls alone.
function(sallyport_library)
  get_property(rooms GLOBAL PROPERTY SALLYPORT_ROOMS)
  set(objects "")
  foreach(room IN LISTS rooms)
    list(APPEND objects $<TARGET_OBJECTS:sallyport_${room}>)
  endforeach()
  add_library(sallyport STATIC ${objects})
  add_library(sallyport::tls ALIAS sallyport)
  set_target_properties(sallyport PROPERTIES LINKER_LANGUAGE CXX EXPORT_NAME tls)
  target_compile_features(sallyport PUBLIC cxx_std_23)
  target_include_directories(sallyport PUBLIC
    "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>" "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
  target_link_libraries(sallyport PRIVATE sallyport_options PkgConfig::SALLYPORT_SODIUM PkgConfig::SALLYPORT_BOTAN PUBLIC Threads::Threads)

  add_library(sallyport_all INTERFACE)
  target_link_libraries(sallyport_all INTERFACE sallyport sallyport_options)
  foreach(room IN LISTS rooms)
    target_include_directories(sallyport_all INTERFACE
      $<TARGET_PROPERTY:sallyport_${room},INTERFACE_INCLUDE_DIRECTORIES>)
  endforeach()
endfunction()
