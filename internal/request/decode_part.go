package request

import (
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

const askProvider = "ask the provider's own count endpoint, or leave the part out"

// content adds what stands as the content of a message or of a tool result: a string, one part, or an array of parts.
func (m *Message) content(n *node) error {
	switch {
	case n.is(jsontext.KindString):
		m.Text = append(m.Text, n.text)
	case n.is(jsontext.KindBeginObject):
		return m.part(n)
	case n.is(jsontext.KindBeginArray):
		for _, p := range n.items {
			if err := m.part(p); err != nil {
				return err
			}
		}
	default:
		return n.fail("", "expected a string or an array of parts")
	}
	return nil
}

// uncounted are kinds of parts that are known, and whose tokens a request does not tell.
var uncounted = []string{"file", "input_file", "input_audio", "audio", "video", "redacted_thinking", "container_upload",
	"web_search_tool_result", "encrypted_content", "compaction"}

// part adds one part of a message by its type.
func (m *Message) part(n *node) error {
	if n.is(jsontext.KindString) { // a list of plain strings
		m.Text = append(m.Text, n.text)
		return nil
	}
	switch kind := n.get("type").str(); kind {
	case "text", "input_text", "output_text", "summary_text", "reasoning_text":
		return m.texts(n, "text")
	case "refusal", "thinking":
		return m.texts(n, kind)
	case "tool_use", "server_tool_use", "mcp_tool_use":
		return m.call(n, n.get("input"))
	case "tool_result", "mcp_tool_result":
		return m.optional(n.get("content"))
	case "search_result":
		if err := m.texts(n, "source", "title"); err != nil {
			return err
		}
		return m.optional(n.get("content"))
	case "document":
		return m.document(n)
	case "image", "image_url", "input_image":
		return m.image(n, kind)
	case "":
		return n.fail("", `the part has no "type"`)
	default:
		if slices.Contains(uncounted, kind) {
			return n.fail(askProvider, fmt.Sprintf("the tokens of a part of type %q cannot be told from the request", kind))
		}
		return n.fail(askProvider, fmt.Sprintf("part of type %q is not known", kind))
	}
}

func (m *Message) optional(n *node) error {
	if n == nil {
		return nil
	}
	return m.content(n)
}

// texts adds members that must be strings.
func (m *Message) texts(n *node, names ...string) error {
	for _, name := range names {
		v := n.get(name)
		if !v.is(jsontext.KindString) {
			return n.fail("", fmt.Sprintf("the part has no string %q", name))
		}
		m.Text = append(m.Text, v.text)
	}
	return nil
}

// document adds an Anthropic document: its title and context, and its source where that is text or parts.
func (m *Message) document(n *node) error {
	for _, name := range []string{"title", "context"} {
		if v := n.get(name); v != nil {
			if err := m.texts(n, name); err != nil {
				return err
			}
		}
	}
	src := n.get("source")
	switch kind := src.get("type").str(); kind {
	case "text":
		return m.texts(src, "data")
	case "content":
		return m.optional(src.get("content"))
	default:
		return n.fail(askProvider, fmt.Sprintf("the tokens of a document with a source of type %q cannot be told from the request", kind))
	}
}

// image adds a picture: OpenAI's image_url and input_image, Anthropic's image.
func (m *Message) image(n *node, kind string) error {
	img := Image{Detail: n.get("detail").str()}
	switch kind {
	case "image_url":
		at := n.get("image_url")
		if at.is(jsontext.KindBeginObject) {
			img.Detail = at.get("detail").str()
			at = at.get("url")
		}
		img.Width, img.Height = urlSize(at.str())
	case "input_image":
		img.Width, img.Height = urlSize(n.get("image_url").str())
	default:
		img.Width, img.Height = base64Size(n.get("source").get("data").str())
	}
	m.Images = append(m.Images, img)
	return nil
}

// callItem adds a tool call that is an item of its own.
func (m *Message) callItem(n *node, arguments string) error { return m.call(n, n.get(arguments)) }
