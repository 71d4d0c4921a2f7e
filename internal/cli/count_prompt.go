package cli

import (
	"fmt"

	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/request"
	"github.com/tokengate/tokengate/internal/token"
)

// frameNote says what the row is, since a template's own count does not hold it.
const frameNote = "(frame): what the provider puts around messages; in the total here, in no template's own count (check, budget blocks)"

// addRendered adds what belongs to a prompt file that is rendered: the frame of its messages, and on what its count
// rests. It gives the frame, for the total.
func (d *countDocument) addRendered(t *prompt.Template, models []counting) []token.Estimate {
	rendered, _ := t.Messages(nil)
	d.note(fmt.Sprintf("%s: rendered with %s", t.Path, t.Basis))
	for _, n := range t.Notes {
		d.note(t.Path + ": " + n)
	}
	body := rendered.Body()
	frame := each(models, func(m counting) token.Estimate { return m.counter.Count("") })
	if len(body.Messages) == 0 {
		return frame
	}
	for i, m := range models {
		body.Model = m.model
		frame[i] = request.Count(m.counter, body).Frame
	}
	d.add(countRow{Kind: "frame", Template: t.Path, Heading: "(frame)"}, frame)
	d.note(frameNote)
	return frame
}
