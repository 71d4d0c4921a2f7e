package config

import "github.com/tokengate/tokengate/internal/source"

// WarnExample warns, where the recording is marked as an example, that what is computed from it is an illustration. Whoever
// reads a recording calls it, so that no output rests on made-up calls unsaid.
func (r Recording) WarnExample(diags *source.Diagnostics) {
	if r.Example.Value {
		diags.Warn("recording-example", r.Example.Span, "list your own recording in its place, or take example: out once the file holds your calls",
			"the forecast rests on the template's example traffic (%s); replace it with your own recording", r.Path.Value)
	}
}
