# SPDX-License-Identifier: Apache-2.0

# certscour_layer(NAME LAYERS base model PACKAGES PkgConfig::UV)
# One static library for one folder: every .c file in it but main.c. LAYERS are the folders it may include,
# PACKAGES the third-party libraries it owns (private: their types stop here).
function(certscour_layer name)
  cmake_parse_arguments(arg "" "" "LAYERS;PACKAGES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.c)
  list(FILTER sources EXCLUDE REGEX "/main\\.c$")
  if(NOT sources) # until the folder has its first file
    file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/empty.c "typedef int nothing_yet;")
    set(sources ${CMAKE_CURRENT_BINARY_DIR}/empty.c)
  endif()
  add_library(certscour_${name} STATIC ${sources})
  set_target_properties(certscour_${name} PROPERTIES LINKER_LANGUAGE C)
  target_include_directories(certscour_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  foreach(layer ${arg_LAYERS})
    target_link_libraries(certscour_${name} PUBLIC certscour_${layer})
  endforeach()
  if(arg_PACKAGES)
    target_link_libraries(certscour_${name} PRIVATE ${arg_PACKAGES})
  endif()
endfunction()
