package traffic

import (
	"bytes"
	"math"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tokengate/tokengate/internal/token"
)

func plain(v jsontext.Value) (string, error) {
	if v.Kind() != '"' {
		return "", bad(wrongType, "a %s where a string is expected", kindName(v.Kind()))
	}
	return unquote(v)
}

// word reads a string that many lines share.
func (n *nativeLine) word(to *string, v jsontext.Value) error {
	if v.Kind() == '"' && bytes.IndexByte(v, '\\') < 0 {
		*to = n.file.strings.bytes(v[1 : len(v)-1])
		return nil
	}
	s, err := plain(v)
	*to = n.file.strings.bytes([]byte(s))
	return err
}

func (n *nativeLine) id(v jsontext.Value) (err error) {
	n.call.ID, err = plain(v)
	return err
}

func (n *nativeLine) time(v jsontext.Value) error {
	if v.Kind() != '"' {
		_, err := plain(v)
		return err
	}
	if n.call.Time.UnmarshalText(v[1:len(v)-1]) != nil {
		return bad(oddTime, "%s is not RFC 3339", clip(string(v)))
	}
	n.call.Time = n.call.Time.UTC()
	return nil
}

func (n *nativeLine) tier(v jsontext.Value) error {
	err := n.word(&n.call.Tier, v)
	n.setTier(n.call.Tier)
	return err
}

func (n *nativeLine) setTier(word string) { n.call.Tier = tier(text(word), "") }

func boolean(to *bool, v jsontext.Value) error {
	*to = v.Kind() == 't'
	if k := v.Kind(); k != 't' && k != 'f' {
		return bad(wrongType, "a %s where true or false is expected", kindName(k))
	}
	return nil
}

// weight reads how many calls a record stands for: at least itself.
func (n *nativeLine) weight(v jsontext.Value) error {
	if err := whole(&n.call.Weight, v); err != nil || n.call.Weight < 1 || n.call.Weight > maxWeight {
		return bad(wrongType, "%s is not a number of calls from 1 to %d", clip(string(v)), int64(maxWeight))
	}
	return nil
}

func milliseconds(to *time.Duration, v jsontext.Value) error {
	f, err := quantity(v)
	if err == nil && (f < 0 || f > float64(maxLatency)/1e6) {
		return bad(oddTime, "%s ms", v)
	}
	*to = time.Duration(math.Round(f * 1e6))
	return err
}

func quantity(v jsontext.Value) (float64, error) {
	if v.Kind() != '0' {
		return 0, bad(wrongType, "a %s where a number is expected", kindName(v.Kind()))
	}
	f, err := strconv.ParseFloat(string(v), 64)
	if err != nil {
		return 0, bad(wrongType, "%s is out of range", clip(string(v)))
	}
	return f, nil
}

// usageNames are the keys of the additive counts. input and output must both be there, so that a 0 is always meant.
var usageNames = [...]string{"input", "cache_read", "cache_write_5m", "cache_write_1h", "output", "reasoning"}

const (
	usageInput  = 0
	usageOutput = 4
	usageNeeds  = 1<<usageInput | 1<<usageOutput
)

func usageCounts(u *token.Usage) [len(usageNames)]*int64 {
	return [...]*int64{&u.Input, &u.CacheRead, &u.CacheWrite5m, &u.CacheWrite1h, &u.Output, &u.Reasoning}
}

func (n *nativeLine) usage(v jsontext.Value) error {
	counts := usageCounts(&n.call.Usage)
	found := 0
	err := n.members(v, func(name, v jsontext.Value) error {
		for i, c := range usageNames {
			if len(name) == len(c)+2 && string(name[1:len(name)-1]) == c {
				found |= 1 << i
				return inside(c, whole(counts[i], v))
			}
		}
		return unknownKey(name, usageNames[:])
	})
	n.hasUsage = true
	switch {
	case err != nil:
		return err
	case found&(1<<usageInput) == 0:
		return bad(noUsage, "no input")
	case found&(1<<usageOutput) == 0:
		return bad(noUsage, "no output")
	}
	return nil
}

func whole(to *int64, v jsontext.Value) (err error) {
	if *to, err = strconv.ParseInt(string(v), 10, 64); err != nil {
		return bad(wrongType, "%s is not a whole number of tokens", clip(string(v)))
	}
	return nil
}

func (n *nativeLine) members(v jsontext.Value, do func(name, value jsontext.Value) error) error {
	n.part = *bytes.NewBuffer(v)
	n.inner.Reset(&n.part)
	return object(&n.inner, &n.key, do)
}

func (n *nativeLine) outcome(v jsontext.Value) error {
	n.call.Outcome = map[string]float64{}
	return n.members(v, func(name, v jsontext.Value) error {
		key, err := unquote(name)
		if err != nil {
			return err
		}
		n.call.Outcome[n.file.strings.bytes([]byte(key))], err = quantity(v)
		return inside(key, err)
	})
}

func (n *nativeLine) vars(v jsontext.Value) error {
	n.call.Vars = map[string]string{}
	return n.members(v, func(name, v jsontext.Value) error {
		key, err := unquote(name)
		if err != nil {
			return err
		}
		n.call.Vars[n.file.strings.bytes([]byte(key))], err = plain(v)
		return inside(key, err)
	})
}

func (n *nativeLine) sources(v jsontext.Value) error {
	if v.Kind() != '[' {
		return bad(wrongType, "a %s where a list of strings is expected", kindName(v.Kind()))
	}
	n.part = *bytes.NewBuffer(v)
	n.inner.Reset(&n.part)
	if _, err := n.inner.ReadToken(); err != nil {
		return err
	}
	for n.inner.PeekKind() != ']' {
		item, err := n.inner.ReadValue()
		if err != nil {
			return err
		}
		var s string
		if err := n.word(&s, item); err != nil {
			return err
		}
		n.call.Sources = append(n.call.Sources, s)
	}
	return nil
}
