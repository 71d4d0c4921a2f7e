package memory

import "testing"

func TestHuge(t *testing.T) {
	for _, size := range []int{1, 2 << 20, 5<<20 + 1} {
		b := Huge(size)
		if b == nil {
			t.Skip("no memory in huge pages on this system")
		}
		if len(b.Bytes) < size {
			t.Errorf("%d bytes of %d", len(b.Bytes), size)
		}
		for i := range b.Bytes {
			if b.Bytes[i] != 0 {
				t.Fatalf("byte %d is not zero", i)
			}
			b.Bytes[i] = 1
		}
		b.Free()
	}
	(*Block)(nil).Free()
}
