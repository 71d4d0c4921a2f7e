package prompt

import "github.com/yuin/goldmark/ast"

// manner is how a tool turns a file into what it sends.
type manner struct {
	imports  bool // @path loads a file
	anyFile  bool // whatever its extension
	strip    bool // front matter is taken out
	comments bool // block-level HTML comments are taken out
	trim     bool // white space is taken off both ends
	wrap     bool // a line that names the file stands before it
}

// claudeManner is that of Claude Code's memory files.
var claudeManner = manner{imports: true, strip: true, comments: true, trim: true, wrap: true}

func mannerOf(kind Kind) manner {
	if kind == Plain {
		return manner{strip: true}
	}
	return claudeManner
}

// sent is the regions of a document that are sent.
func (m manner) sent(d *document, root ast.Node) []region {
	body := region{0, len(d.text)}
	if m.strip {
		body.start = d.body
	}
	var cut []region
	if m.comments {
		cut = d.comments(root)
	}
	kept := body.without(cut)
	if m.trim {
		kept = d.trim(kept)
	}
	return kept
}
