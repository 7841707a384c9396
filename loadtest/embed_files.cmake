# Run by CMake at build time: writes a C++ source with a function `asset` that gives each file's bytes by its name.
# -DTO=<source> -DHEADER=<that declares it> -DNAMESPACE=<of it> -DFILES=<paths, separated by commas>
string(REPLACE "," ";" paths "${FILES}")
set(rows "")
set(arrays "")
set(n 0)
foreach(path IN LISTS paths)
  get_filename_component(name "${path}" NAME)
  file(READ "${path}" hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${hex}")
  string(APPEND arrays "constexpr char file_${n}[] = {${bytes}'\\0'};\n")
  string(APPEND rows "  if (name == \"${name}\") return {file_${n}, sizeof file_${n} - 1};\n")
  math(EXPR n "${n} + 1")
endforeach()
file(WRITE "${TO}" "#include \"${HEADER}\"

namespace ${NAMESPACE} {
namespace {

${arrays}
}  // namespace

std::string_view asset(std::string_view name) {
${rows}  return {};
}

}  // namespace ${NAMESPACE}
")
