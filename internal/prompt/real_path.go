package prompt

import "io/fs"

// RealPath follows symbolic links by name, so that a file under two names is known as one. Where the file system cannot
// read links, and where one leads out of it, the path comes back as it is.
func RealPath(fsys fs.FS, name string) string { return realPath(fsys, name) }

// KindOf tells by a file's path which loading rules hold for it.
func KindOf(name string) Kind { return kindOf(name) }
