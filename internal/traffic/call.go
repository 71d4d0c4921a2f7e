package traffic

import (
	"time"

	"github.com/tokengate/tokengate/internal/token"
)

// Call is one recorded request to a model, in the native form that every dialect is turned into. Calls share Sources and
// Outcome where they are alike: whoever changes them makes new ones.
type Call struct {
	Time            time.Time          // when the request started; UTC
	ID              string             // request, response or message id; "" when the dialect has none
	Track           string             // pipeline stage
	Feature         string             //
	User            string             //
	Session         string             //
	Template        string             // path of the template the prompt was made from, relative to the project
	TemplateVersion string             // git blob id (40 or 64 hex digits) or "sha256:…" of the template's content
	Agent           string             // subagent of a coding tool that made the call; "" is the main conversation, AnyAgent one without a name
	Skill           string             // skill or command of a coding tool that the call is attributed to
	Sources         []string           // ids of data sources the prompt drew on
	Model           string             // as recorded
	Tier            string             // standard, batch, flex or priority; "" is standard
	Usage           token.Usage        // additive
	OutputIsBound   bool               // the output count is only a lower bound (placeholder in the source)
	UsageIsMean     bool               // the usage is the mean of the calls the record stands for, as metrics give it
	Weight          int64              // how many calls like this one the record stands for; 0 is 1
	Latency         time.Duration      // 0 when unknown
	FirstToken      time.Duration      // 0 when unknown
	Status          string             // "ok", "error" or the dialect's word
	Outcome         map[string]float64 // business outcomes by name
	Vars            map[string]string  // the template's variables, when recorded
	Prompt          *token.Content     // what the prompt counts to; nil unless Options.Text and the record holds its whole text
	Place           Place              // where it was read
}

// AnyAgent is the Agent of a call that a subagent made which the recording does not name.
const AnyAgent = "?"

// Times is how many calls the record stands for: its weight, or 1.
func (c *Call) Times() int64 { return max(c.Weight, 1) }

// Place is where a call was read: the file's display name and the line, from 1, on which its record begins.
type Place struct {
	File string
	Line int
}
