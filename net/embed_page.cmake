# Run by CMake at build time: writes a C++ source that holds the page's files as bytes.
# -DWEB=<the folder web> -DBUILT=<where Vite may build> -DTO=<source>
# The page is built where npm has brought Vite. A machine without it still gets a node, with a page that says so.
find_program(node NAMES node nodejs)
if(node AND EXISTS "${WEB}/node_modules/vite/bin/vite.js")
  execute_process(
    COMMAND ${node} node_modules/vite/bin/vite.js build demo --configLoader native --outDir ${BUILT} --logLevel warn
    WORKING_DIRECTORY ${WEB} RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR "web/demo was not built (see above); `scripts/setup` brings what it needs")
  endif()
  set(from "${BUILT}")
else()
  message(WARNING "no Vite in web/node_modules: this parleyd has no demo page. Run scripts/setup and build again.")
  set(from "${WEB}/demo/absent")
endif()

file(GLOB paths RELATIVE "${from}" LIST_DIRECTORIES false "${from}/index.html" "${from}/page/*")
list(SORT paths)
set(rows "")
set(arrays "")
set(n 0)
foreach(path IN LISTS paths)
  file(READ "${from}/${path}" hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${hex}")
  file(SHA256 "${from}/${path}" hash)
  string(SUBSTRING "${hash}" 0 16 tag)
  get_filename_component(name "${path}" NAME)
  string(APPEND arrays "constexpr char file_${n}[] = {${bytes}'\\0'};\n")
  string(APPEND rows "    page_file{\"${name}\", {file_${n}, sizeof file_${n} - 1}, \"\\\"${tag}\\\"\"},\n")
  math(EXPR n "${n} + 1")
endforeach()
file(WRITE "${TO}" "#include \"net/http/page_files.hpp\"

namespace parley::net {
namespace {

${arrays}
constexpr page_file files[] = {
${rows}};

}  // namespace

std::span<const page_file> page_files() { return files; }

}  // namespace parley::net
")
