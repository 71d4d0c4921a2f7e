package traffic

import "github.com/go-json-experiment/json/jsontext"

// invocationLog is an entry of Bedrock's model invocation logging, as it comes to S3 and CloudWatch. Bodies are missing
// where text is not logged or is too long for the entry; the counts beside them are not. Source: AWS's user guide.
type invocationLog struct {
	Time     text           `json:"timestamp"`
	Request  text           `json:"requestId"`
	Model    text           `json:"modelId"`
	Error    text           `json:"errorCode"`
	Metadata jsontext.Value `json:"requestMetadata"`
	Input    struct {
		Body  jsontext.Value `json:"inputBodyJson"`
		Count number         `json:"inputTokenCount"`
		Read  number         `json:"cacheReadInputTokenCount"`
		Write number         `json:"cacheWriteInputTokenCount"`
	} `json:"input"`
	Output struct {
		Body  jsontext.Value `json:"outputBodyJson"`
		Count number         `json:"outputTokenCount"`
	} `json:"output"`
	Identity jsontext.Value `json:"identity"`
}

// invocation reads an entry. The body tells the lifetimes of cache writes and the latency; where it tells nothing that is
// known, the counts hold, which are Converse's.
func (f *file) invocation(value jsontext.Value, line int) error {
	var l invocationLog
	if err := decode(value, &l); err != nil {
		return err
	}
	if l.Error != "" {
		f.skip(skipFailed)
		return nil
	}
	x := exchange{response: l.Output.Body, at: "output.outputBodyJson.", asked: "input.inputBodyJson.", fallback: string(l.Request)}
	x.env = envelope{Timestamp: l.Time, ID: l.Request, Model2: l.Model, Metadata2: l.Metadata, Identity: l.Identity}
	if isObject(l.Input.Body) {
		x.request = l.Input.Body
	}
	var a reply
	var err error
	if k := byte(l.Output.Body.Kind()); k == '{' || k == '[' {
		if a, err = f.answer(l.Output.Body, nil, ""); err != nil && badReason(err).reason != unknownBody {
			return err
		}
	}
	if !a.known || a.lost {
		if a.usage, err = fromBedrock(bedrockUsage{Input: l.Input.Count, Output: l.Output.Count, CacheRead: l.Input.Read, CacheWrite: l.Input.Write}); err != nil {
			return err
		}
		a.known, a.final, x.at, a.noted = true, true, "input.", "inputTokenCount"
	}
	a.id, a.provider = string(l.Request), Bedrock
	return f.called(&x, &a, line)
}
