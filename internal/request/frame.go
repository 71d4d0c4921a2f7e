package request

import (
	"slices"
	"strings"

	"github.com/tokengate/tokengate/internal/token"
)

// Framed is a whole request in tokens, apart by what they are spent on. Every part names the rule it was counted by;
// a part that is not there has no tokens and no error.
type Framed struct {
	Messages []token.Estimate // the text of each message, in order
	Text     token.Estimate   // of all messages together
	Frame    token.Estimate   // what stands around messages: marks, roles, names, the start of the reply
	Tools    token.Estimate   // definitions of tools, with what the provider adds where there are any
	Format   token.Estimate   // the schema the answer must follow
	Images   token.Estimate
	Total    token.Estimate // the sum; its error is the sum of the parts' errors in tokens
}

// counter adds the rules of requests to a counter of text.
type counter struct{ *token.Counter }

const methodParts = "sum of its parts"

// Count counts a body with everything its provider puts around it. What is written in a message is ordinary text, special
// tokens too. Rules that depend on the model go by r.Model; see ImageTokens for images.
func Count(with *token.Counter, r Body) Framed {
	c := counter{with}
	var f Framed
	for _, m := range r.Messages {
		text := token.Estimate{Method: c.Counter.Count("").Method}
		for _, part := range m.Text {
			text = text.Add(c.Count(part))
		}
		text = c.rounded(text, len(m.Text))
		f.Messages = append(f.Messages, text)
		f.Text = f.Text.Add(text)
		for _, img := range m.Images {
			f.Images = join(f.Images, c.image(r.Model, img))
		}
	}
	f.Frame = c.frame(r)
	f.Tools = c.tools(r)
	f.Format = c.format(r)
	for _, part := range []token.Estimate{f.Text, f.Frame, f.Tools, f.Format, f.Images} {
		f.Total = f.Total.Add(part)
	}
	f.Total.Method = methodParts
	return f
}

// rounded adds what rounding an estimate may be off by, half a token for each part: much, where parts are short.
func (c counter) rounded(e token.Estimate, parts int) token.Estimate {
	if !c.Exact() && e.Tokens > 0 {
		e.RelativeError += float64(parts) / 2 / float64(e.Tokens)
	}
	return e
}

// join adds as Add does, and names both methods where they differ, each once.
func join(a, b token.Estimate) token.Estimate {
	if b.Tokens == 0 {
		if a.Method == "" {
			a.Method = b.Method
		}
		return a
	}
	sum := a.Add(b)
	sum.Method = b.Method
	if a.Tokens > 0 {
		methods := strings.Split(a.Method, "; ")
		if !slices.Contains(methods, b.Method) {
			methods = append(methods, b.Method)
		}
		sum.Method = strings.Join(methods, "; ")
	}
	return sum
}

func (c counter) image(model string, img Image) token.Estimate {
	if e, err := ImageTokens(model, img); err == nil {
		return e
	}
	return imagesOf(c.Family(), img)
}

// frame counts what stands around the messages.
func (c counter) frame(r Body) token.Estimate {
	switch {
	case c.Family() == "o200k_harmony":
		return c.harmonyFrame(r)
	case c.Family() == "o200k_base" || c.Family() == "cl100k_base" || c.Family() == "o200k_base?":
		return c.chatFrame(r)
	case c.Family() == "claude-3" || c.Family() == "claude-4.7":
		return c.claudeFrame(r)
	}
	return c.blindFrame(r)
}

// The frame of OpenAI's chat models: openai/openai-cookbook, examples/How_to_count_tokens_with_tiktoken.ipynb, section 6.
const (
	chatMessage = 3 // per message, beside the tokens of its role
	chatName    = 1 // per name, beside its tokens
	chatReply   = 3 // once: the reply is started with <|start|>assistant<|message|>
	chatCall    = 3 // per tool call; not in the notebook: hmarr/openai-chat-tokens, src/token-counts.ts, found it by trial
)

// notebook lists the models whose counts the notebook shows to agree with the API. For models after them the same rule
// is assumed, and may be off by a token a message and by the start of the reply.
var notebook = []string{"gpt-3.5-turbo", "gpt-4", "gpt-4o", "gpt-4o-mini"}

func (c counter) chatFrame(r Body) token.Estimate {
	n, wrong := int64(chatReply), int64(0)
	for _, m := range r.Messages {
		n += chatMessage + c.Count(m.Role).Tokens + chatCall*int64(m.Calls)
		wrong += chatCall * int64(m.Calls)
		if m.Name != "" {
			n += chatName + c.Count(m.Name).Tokens
		}
	}
	method := "3 a message, role, name, 3 for the reply (OpenAI cookbook)"
	if !slices.Contains(notebook, plainModel(r.Model)) {
		wrong += chatReply + int64(len(r.Messages))
		method = "as of gpt-4o (OpenAI cookbook), assumed"
	}
	return within(n, wrong, method)
}

// within states an error in tokens.
func within(n, wrong int64, method string) token.Estimate {
	e := token.Estimate{Tokens: n, Method: method}
	if n > 0 {
		e.RelativeError = float64(wrong) / float64(n)
	}
	return e
}

// The frame of Claude. An offline study (ctok) has 7 tokens around "hello, world" in the tokenizer up to 4.6, and
// Anthropic's own example agrees: the 14 tokens of "You are a scientist" and "Hello, Claude" are 7 of text and 7 of
// frame (platform.claude.com/docs/en/build-with-claude/token-counting). From 4.7 on the study has 15 tokens for
// "hello, world" in all and 6 of frame for the fifth generation, and others measured 6 to 7
// (jackin.tailrocks.com/research/token-optimization/tools), so 6 to 12. What each further turn adds is not published;
// one capture lost 4 tokens with a prompt of 2 (context-audit.tj-zhang.com/methodology).
const (
	claude3Frame  = 7
	claude47Frame = 9
	claudeTurn    = 4
)

func (c counter) claudeFrame(r Body) token.Estimate {
	turns := int64(0)
	for _, m := range r.Messages {
		if m.Role != "system" {
			turns++
		}
	}
	more := claudeTurn * max(0, turns-1)
	if c.Family() == "claude-3" {
		return within(claude3Frame+more, 1+more, "7 a request, 4 a further turn (measured by others)")
	}
	return within(claude47Frame+more, 3+more, "9 a request, 4 a further turn (measured by others)")
}

// blindFrame serves families for which there is no rule. Chat templates of open models take 3 to 6 tokens a message.
func (c counter) blindFrame(r Body) token.Estimate {
	n := int64(4*len(r.Messages) + 3)
	return within(n, n, "no rule for this family; 4 a message assumed")
}
