# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` and the package hold: the program, what it says of itself (manual pages, completions), and docs.
include(GNUInstallDirs)

set(manual ${PROJECT_BINARY_DIR}/manual)
set(completion ${PROJECT_BINARY_DIR}/completion)
add_custom_command(
  OUTPUT ${manual}/certscour.1 ${completion}/certscour ${completion}/_certscour ${completion}/certscour.fish
  COMMAND ${CMAKE_COMMAND} -E rm -rf ${manual} ${completion}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${completion}
  COMMAND certscour manual ${manual}
  COMMAND certscour completion bash > ${completion}/certscour
  COMMAND certscour completion zsh > ${completion}/_certscour
  COMMAND certscour completion fish > ${completion}/certscour.fish
  DEPENDS certscour VERBATIM)
add_custom_target(manual ALL DEPENDS ${manual}/certscour.1)

install(TARGETS certscour RUNTIME)
install(DIRECTORY ${manual}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 FILES_MATCHING PATTERN "*.1")
install(FILES ${completion}/certscour DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${completion}/_certscour DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install(FILES ${completion}/certscour.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.md")
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)
install(DIRECTORY contrib/systemd/ DESTINATION lib/systemd/system
        FILES_MATCHING PATTERN "*.service" PATTERN "*.timer")
install(FILES README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME certscour)
set(CPACK_PACKAGE_CONTACT "certscour maintainers <maintainers@certscour.example>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "finds the TLS certificates on your networks, and who owns them")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, ca-certificates, libsqlite3-0 (>= 3.40)")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/contrib/debian/postinst
    ${PROJECT_SOURCE_DIR}/contrib/debian/prerm ${PROJECT_SOURCE_DIR}/contrib/debian/postrm)
set(CPACK_STRIP_FILES ON)
include(CPack)
