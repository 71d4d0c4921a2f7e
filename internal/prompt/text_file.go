package prompt

import "io/fs"

// FileError says why a file that something names cannot be used. It is the user's to mend: for a diagnostic.
type FileError struct {
	Kind    string // outside, missing, not-a-file, too-large, binary or unreadable
	Summary string
	Hint    string // may be empty
}

func (e *FileError) Error() string { return e.Summary }

// ReadText gives the content of a text file of at most limit bytes inside fsys. A path that leads out of it, a file with
// NUL bytes and a Git LFS pointer are refused. Errors are of type *FileError.
func ReadText(fsys fs.FS, name string, limit int64) ([]byte, error) {
	clean, p := inside(name)
	var content []byte
	if p == nil {
		content, p = readUpTo(fsys, clean, limit)
	}
	if p != nil {
		return nil, &FileError{p.kind, p.summary, p.hint}
	}
	return content, nil
}
