// Asio's and Beast's own code, once for all that use them: parley_boost in ParleyDependencies.cmake.
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
