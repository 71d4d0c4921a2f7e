package traffic

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// question is what the body of a request says of its call beside the prompt.
type question struct {
	Model    text           `json:"model"`
	Model2   text           `json:"modelId"`
	User     text           `json:"user"`
	Safety   text           `json:"safety_identifier"`
	Metadata jsontext.Value `json:"metadata"`
	Labels   jsontext.Value `json:"labels"`          // Vertex
	Request  jsontext.Value `json:"requestMetadata"` // Bedrock
	userID   string         // Anthropic's metadata.user_id
}

// questioned reads the body of the request, if it was recorded.
func (x *exchange) questioned() (q question, err error) {
	if x.request == nil {
		return q, nil
	}
	if err := decode(x.request, &q); err != nil {
		return q, inside("request", err)
	}
	var m struct {
		User text `json:"user_id"`
	}
	if err := embedded(q.Metadata).into(&m, '{'); err != nil {
		return q, inside("request.metadata", err)
	}
	q.userID = string(m.User)
	return q, nil
}

// said is a value and where it was read.
type said struct{ value, key string }

// firstSaid gives the first that says something.
func firstSaid(all ...said) said {
	for _, s := range all {
		if s.value != "" {
			return s
		}
	}
	return said{}
}

// label fills what the envelope, the request and the response say of a call, and notes where it stood.
func (f *file) label(r *record, x *exchange, a *reply, q question) {
	c, e := &r.call, &x.env
	url := urlPath(x.url)
	id := firstSaid(said{a.id, x.at + "id"}, said{string(e.ID), "request_id"}, said{x.fallback, x.custom.key})
	model := x.model(a, q, url)
	tier := firstSaid(said{x.tier, "the form of the file"}, said{a.tier, x.at + a.noted})
	user := firstSaid(said{string(e.User), "user"}, said{string(e.User2), "user_id"}, said{string(q.Safety), x.asked + "safety_identifier"},
		said{string(q.User), x.asked + "user"}, said{q.userID, x.asked + "metadata.user_id"}, said{a.user, x.at + "safety_identifier"})
	session := firstSaid(said{string(e.Session), "session"}, said{string(e.Session2), "session_id"}, said{a.session, x.at + "conversation.id"})
	c.ID, c.Model, c.Tier = id.value, f.strings.bytes([]byte(model.value)), f.strings.bytes([]byte(tier.value))
	c.User, c.Session = f.strings.bytes([]byte(user.value)), f.strings.bytes([]byte(session.value))
	if f.facts {
		for _, s := range []struct {
			name string
			said said
		}{{"id", id}, {"model", model}, {"tier", tier}, {"user", user}, {"session", session}, {"provider", said{a.provider, x.at + a.noted}},
			{"path", said{url, "request.url"}}, {"prompt", said{a.name, x.at + "prompt.id"}}, {"prompt_version", said{a.version, x.at + "prompt.version"}},
			{"metadata." + x.custom.key, x.custom}, {"metadata.inference_geo", said{a.geo, x.at + "usage.inference_geo"}},
			{"track", said{c.Track, "track"}}, {"feature", said{c.Feature, "feature"}},
			{"template", said{c.Template, "template"}}, {"template_version", said{c.TemplateVersion, "template_version"}}} {
			f.tell(r, s.name, s.said.value, s.said.key)
		}
	}
	f.attachments(r, x, a, q)
}

// model is the one that is billed: on Bedrock the id that was asked for, whatever name the model gives itself, and
// elsewhere the one that answered.
func (x *exchange) model(a *reply, q question, url string) said {
	inURL := said{modelIn(url), "request.url"}
	bedrock := said{}
	if strings.HasPrefix(url, "/model/") {
		bedrock = inURL
	}
	return firstSaid(said{string(q.Model2), x.asked + "modelId"}, said{string(x.env.Model2), "modelId"}, bedrock,
		said{a.model, x.at + "model"}, said{string(q.Model), x.asked + "model"}, said{string(x.env.Model), "model"}, inURL)
}

// attachments goes through what was attached to a call, the nearest to its recorder first.
func (f *file) attachments(r *record, x *exchange, a *reply, q question) {
	if x.at == "" {
		a.metadata = nil // the envelope's: there is none around it
	}
	e := &x.env
	for _, m := range []struct {
		object jsontext.Value
		key    string
	}{{e.Metadata, "metadata"}, {e.Metadata2, "requestMetadata"}, {e.Identity, "identity"}, {q.Metadata, x.asked + "metadata"},
		{q.Labels, x.asked + "labels"}, {q.Request, x.asked + "requestMetadata"}, {a.metadata, x.at + "metadata"}} {
		f.attached(r, m.object, m.key)
	}
	var tags []text
	if f.facts && embedded(e.Tags).into(&tags, '[') == nil {
		for _, t := range tags {
			f.tell(r, "tag", string(t), "tags")
		}
	}
}

// attached takes labels from metadata where the call has none yet, and notes all of it.
func (f *file) attached(r *record, object jsontext.Value, key string) {
	if object.Kind() != '{' {
		return
	}
	var l labels
	if l.UnmarshalJSON(object) == nil {
		c := &r.call
		for _, s := range []struct {
			to          *string
			name, value string
		}{{&c.Track, "track", l.Track}, {&c.Feature, "feature", l.Feature}, {&c.Template, "template", l.Template}, {&c.TemplateVersion, "template_version", l.Version}} {
			if *s.to == "" && s.value != "" {
				*s.to = s.value
				f.tell(r, s.name, s.value, key+"."+s.name)
			}
		}
	}
	if !f.facts {
		return
	}
	names, values := pairs(object)
	for _, name := range names {
		f.tell(r, "metadata."+name, string(values[name]), key+"."+name)
	}
}
