package traffic

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

func isGemini(h head) bool { return h.answers(Gemini) }

// isGeminiBody: REST writes camelCase, SDK dumps snake_case.
func isGeminiBody(o map[string]bool, at string) bool {
	return o[at+"usageMetadata"] || o[at+"usage_metadata"] || o[at+"candidates"] && (o[at+"modelVersion"] || o[at+"model_version"] || o[at+"responseId"])
}

type geminiBody struct {
	Usage      jsontext.Value    `json:"usageMetadata"`
	Usage2     jsontext.Value    `json:"usage_metadata"`
	Model      text              `json:"modelVersion"`
	Model2     text              `json:"model_version"`
	ID         text              `json:"responseId"`
	ID2        text              `json:"response_id"`
	Created    text              `json:"createTime"`
	Created2   text              `json:"create_time"`
	Candidates []geminiCandidate `json:"candidates"`
	HTTP       httpMessage       `json:"sdk_http_response"`
	HTTP2      httpMessage       `json:"sdkHttpResponse"`
}

type geminiCandidate struct {
	Finish     text            `json:"finishReason"`
	Finish2    text            `json:"finish_reason"`
	Grounding  geminiGrounding `json:"groundingMetadata"`
	Grounding2 geminiGrounding `json:"grounding_metadata"`
}

type geminiGrounding struct {
	Queries  []text `json:"webSearchQueries"`
	Queries2 []text `json:"web_search_queries"`
}

// geminiAnswer reads a response. Every chunk of a stream has the usage so far, and only the last says how it ended.
func (f *file) geminiAnswer(body jsontext.Value, a *reply) error {
	var b geminiBody
	if err := decode(body, &b); err != nil {
		return err
	}
	a.id, a.model = either(a.id, either(string(b.ID), string(b.ID2))), either(string(b.Model), either(string(b.Model2), a.model))
	created, err := f.moment(either(string(b.Created), string(b.Created2)))
	if err != nil {
		return inside("createTime", err)
	}
	for _, t := range []*httpMessage{&b.HTTP, &b.HTTP2} {
		if created.IsZero() {
			created = t.Headers.date()
		}
	}
	if a.created.IsZero() {
		a.created = created
	}
	ended := len(b.Candidates) == 0
	for _, c := range b.Candidates {
		ended = ended || c.Finish != "" || c.Finish2 != ""
		a.fees += int64(max(len(c.Grounding.Queries)+len(c.Grounding.Queries2), len(c.Grounding2.Queries)+len(c.Grounding2.Queries2)))
	}
	a.piece, a.final = !ended, a.final || ended
	return b.count(a)
}

func (b *geminiBody) count(a *reply) (err error) {
	noted := "usageMetadata"
	if b.Usage.Kind() != '{' {
		b.Usage, noted = b.Usage2, "usage_metadata"
	}
	if b.Usage.Kind() != '{' {
		return nil
	}
	var u geminiUsage
	var t struct {
		Traffic  text `json:"trafficType"`
		Traffic2 text `json:"traffic_type"`
	}
	if err := decode(b.Usage, &u); err != nil {
		return inside(noted, err)
	}
	if err := decode(b.Usage, &t); err != nil {
		return inside(noted, err)
	}
	a.usage, err = fromGemini(u)
	a.known, a.noted, a.tier = true, noted, trafficTier(either(string(t.Traffic), string(t.Traffic2)))
	return err
}

// trafficTier turns Vertex's word into ours. Provisioned throughput is not priced by the token: its word stays, so that
// pricing refuses it.
func trafficTier(word string) string {
	word = strings.ToLower(word)
	if word == "traffic_type_unspecified" {
		return ""
	}
	return tier(text(strings.TrimPrefix(word, "on_demand_")), "")
}
