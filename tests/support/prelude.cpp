// Owns the precompiled header of the tests, which ../CMakeLists.txt lists: there is nothing here.
