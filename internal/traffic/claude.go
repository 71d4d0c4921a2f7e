package traffic

import (
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

func isClaudeCode(h head) bool {
	return h.has("sessionId", "message") || h.has("sessionId", "type") || h.has("leafUuid", "type") || h.has("snapshot", "messageId") ||
		!h.has("type=message_start") && (h.has("message.usage") || h.has("type", "message.role"))
}

// claudeLine is what a call needs of one line of a session transcript. The format is internal to the tool and changes
// between versions, so every key is optional.
type claudeLine struct {
	Type      text           `json:"type"`
	UUID      text           `json:"uuid"`
	Session   text           `json:"sessionId"`
	Session2  text           `json:"session_id"`
	Time      text           `json:"timestamp"`
	Request   text           `json:"requestId"`
	Sidechain jsontext.Value `json:"isSidechain"`
	AgentID   text           `json:"agentId"`
	Agent     text           `json:"attributionAgent"`
	Skill     text           `json:"attributionSkill"`
	APIError  jsontext.Value `json:"isApiErrorMessage"`
	Message   jsontext.Value `json:"message"`
}

// claudeFacts are what a line says of how the session was run. It is read only where facts are wanted.
type claudeFacts struct {
	Folder     text `json:"cwd"`
	Branch     text `json:"gitBranch"`
	Version    text `json:"version"`
	Entrypoint text `json:"entrypoint"`
	Effort     text `json:"effort"`
	Agent      text `json:"agentId"`
	ByAgent    text `json:"attributionAgent"`
	BySkill    text `json:"attributionSkill"`
	ByPlugin   text `json:"attributionPlugin"`
	ByServer   text `json:"attributionMcpServer"`
	Sidechain  text `json:"isSidechain"`
}

type claudeMessage struct {
	ID    text            `json:"id"`
	Role  text            `json:"role"`
	Model text            `json:"model"`
	Stop  jsontext.Value  `json:"stop_reason"`
	Usage *anthropicUsage `json:"usage"`
}

// Why lines of a transcript are no calls.
const (
	skipOther     = "a line that is no model response"
	skipProgress  = "a progress line, which repeats what a subagent's own transcript holds"
	skipSynthetic = "a response that the tool made up, such as an error message"
)

// readClaudeCode reads a session transcript. One response stands on one line per content block, each with the usage so
// far; sessions that are resumed, forked or copied repeat lines in other files. Every line becomes a record, and the
// records of one response become one call where all files are merged: see set. Subagents' traffic counts like any other.
//
// Calls have no Prompt: a transcript holds what was said, but not the system prompt, the tools, and what the tool put
// around and in place of the conversation, which are most of what is billed.
func readClaudeCode(f *file, in *input) error {
	return f.each(in, func(line []byte, at int) error {
		if jsontext.Value(line).Kind() != '{' && jsontext.Value(line).IsValid(foreign) {
			f.skip(skipOther)
			return nil
		}
		var l claudeLine
		err := decode(line, &l)
		if err == nil {
			err = f.claude(l, line, at)
		}
		if err != nil {
			f.reject(at, err)
		}
		return nil
	})
}

func (f *file) claude(l claudeLine, line []byte, at int) error {
	if l.Type == "progress" {
		f.skip(skipProgress)
		return nil
	}
	if l.Type != "assistant" && l.Type != "" || l.Message.Kind() != '{' {
		f.skip(skipOther)
		return nil
	}
	var m claudeMessage
	if err := decode(l.Message, &m); err != nil {
		return err
	}
	switch {
	case m.Model == "<synthetic>" || l.APIError.Kind() == 't':
		f.skip(skipSynthetic)
	case m.Usage == nil && l.Type == "":
		f.skip(skipOther)
	case m.Usage == nil:
		return bad(noUsage, "")
	default:
		return f.response(l, m, line, at)
	}
	return nil
}

func (f *file) response(l claudeLine, m claudeMessage, line []byte, at int) error {
	u, err := fromAnthropic(*m.Usage)
	if err != nil {
		return err
	}
	when, err := claudeTime(l.Time)
	if err != nil {
		return err
	}
	r := record{stream: true, began: when.UTC(), request: string(l.Request), side: l.Sidechain.Kind() == 't', final: m.Stop.Kind() == '"'}
	r.call = Call{
		Time: when, ID: claudeID(l, m), Model: f.strings.bytes([]byte(m.Model)), Session: f.strings.bytes([]byte(either(string(l.Session), string(l.Session2)))),
		Tier: f.strings.bytes([]byte(tier(m.Usage.ServiceTier, m.Usage.Speed))), Usage: u, Status: "ok",
	}
	r.call.Agent, r.call.Skill = f.strings.bytes([]byte(l.agent())), f.strings.bytes([]byte(l.Skill))
	if s := m.Usage.ServerTools; s != nil {
		r.fees = s.WebSearches.n
	}
	if f.facts {
		if err := f.tellClaude(&r, l, line); err != nil {
			return err
		}
	}
	f.accept(r, at)
	return nil
}

// copies are the beginnings of the ids that the tool gives to side calls with the main conversation's own prompt: its
// summary, and the suggestion of what to ask next.
var copies = []string{"acompact-", "aprompt_suggestion-"}

// agent names the subagent that made the call. Versions before 2.1.2xx say of a side call only that it is one.
func (l *claudeLine) agent() string {
	switch {
	case l.Agent != "":
		return string(l.Agent)
	case slices.ContainsFunc(copies, func(c string) bool { return strings.HasPrefix(string(l.AgentID), c) }):
		return ""
	case l.AgentID != "" || l.Sidechain.Kind() == 't':
		return AnyAgent
	}
	return ""
}

// tellClaude tells the working folder as the path, and the rest as metadata in the spelling of map rules.
func (f *file) tellClaude(r *record, l claudeLine, line []byte) error {
	var c claudeFacts
	if err := decode(line, &c); err != nil {
		return err
	}
	f.tell(r, "model", r.call.Model, "message.model")
	f.tell(r, "session", string(l.Session), "sessionId")
	f.tell(r, "session", string(l.Session2), "session_id")
	f.tell(r, "path", string(c.Folder), "cwd")
	f.tell(r, "agent", string(c.ByAgent), "attributionAgent")
	f.tell(r, "skill", string(c.BySkill), "attributionSkill")
	for _, m := range [...]struct {
		name  string
		value text
		key   string
	}{
		{"git_branch", c.Branch, "gitBranch"}, {"version", c.Version, "version"}, {"entrypoint", c.Entrypoint, "entrypoint"},
		{"effort", c.Effort, "effort"}, {"is_sidechain", c.Sidechain, "isSidechain"}, {"agent_id", c.Agent, "agentId"},
		{"attribution_agent", c.ByAgent, "attributionAgent"}, {"attribution_skill", c.BySkill, "attributionSkill"},
		{"attribution_plugin", c.ByPlugin, "attributionPlugin"}, {"attribution_mcp_server", c.ByServer, "attributionMcpServer"},
	} {
		f.tell(r, metadataFact+m.name, string(m.value), m.key)
	}
	return nil
}

// claudeID is the message's id; without one the request's, and without that the line's own, which copies repeat.
func claudeID(l claudeLine, m claudeMessage) string {
	return either(string(m.ID), either(string(l.Request), string(l.UUID)))
}

func claudeTime(s text) (time.Time, error) {
	if s == "" {
		return time.Time{}, bad(noTime, "")
	}
	t, err := time.Parse(time.RFC3339Nano, string(s))
	if err != nil {
		return t, bad(oddTime, "%q is not RFC 3339", clip(string(s)))
	}
	return t, nil
}
