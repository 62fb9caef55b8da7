// tlog-mirror from another hand: a client that feeds a mirror and a mirror that is fed.
// Subtree proofs and cosignatures are torchwood's, hashes and notes golang.org/x/mod's,
// tiles are read by Tessera's client.
package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"

	"filippo.io/torchwood"
	"github.com/transparency-dev/tessera/client"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// ---- trees

// All hashes of a growing tree, as x/mod numbers them.
type tree struct {
	hashes []tlog.Hash
	size   int64
}

func (t *tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, 0, len(indexes))
	for _, i := range indexes {
		if i >= int64(len(t.hashes)) {
			return nil, fmt.Errorf("hash %d is not there", i)
		}
		out = append(out, t.hashes[i])
	}
	return out, nil
}

func (t *tree) add(entry []byte) {
	t.hashes = append(t.hashes, must(tlog.StoredHashes(t.size, entry, t))...)
	t.size++
}

func checkCosignature(line, vkey, text string) {
	v := must(torchwood.NewCosignatureVerifier(vkey))
	n := must(note.Open([]byte(text+"\n"+line), note.VerifierList(v)))
	if len(n.Sigs) != 1 || len(n.UnverifiedSigs) != 0 {
		fail("not one line by %s: %q", v.Name(), line)
	}
}

// ---- the client

func post(url, kind, coding string, body []byte) (int, string) {
	request := must(http.NewRequest("POST", url, bytes.NewReader(body)))
	request.Header.Set("Content-Type", kind)
	if coding != "" {
		request.Header.Set("Content-Encoding", coding)
	}
	response := must(http.DefaultClient.Do(request))
	defer response.Body.Close()
	return response.StatusCode, string(must(io.ReadAll(response.Body)))
}

func info(body string) (size, next int64, ticket []byte) {
	lines := strings.Split(body, "\n")
	if len(lines) != 4 || lines[3] != "" {
		fail("no mirror-info: %q", body)
	}
	return must(strconv.ParseInt(lines[0], 10, 64)), must(strconv.ParseInt(lines[1], 10, 64)),
		must(base64.StdEncoding.DecodeString(lines[2]))
}

func upload(t *tree, origin string, entries [][]byte, start, end int64, ticket []byte, packages int) []byte {
	var b []byte
	b = append(binary.BigEndian.AppendUint16(b, uint16(len(origin))), origin...)
	b = binary.BigEndian.AppendUint64(b, uint64(start))
	b = binary.BigEndian.AppendUint64(b, uint64(end))
	b = append(binary.BigEndian.AppendUint16(b, uint16(len(ticket))), ticket...)
	for ; start < end && packages > 0; packages-- {
		base := start - start%256
		stop := min(end, base+256)
		for _, e := range entries[start:stop] {
			b = append(binary.BigEndian.AppendUint16(b, uint16(len(e))), e...)
		}
		p := must(torchwood.ProveSubtree(end, base, stop, t))
		b = append(b, byte(len(p)))
		for _, h := range p {
			b = append(b, h[:]...)
		}
		start = stop
	}
	return b
}

// feed LOG-URL LOG-VKEY MIRROR-URL MIRROR-VKEY [forge]: read the log, feed the mirror.  With
// `forge` one entry is another: then 422 is what is wanted.
func feed(where, vkey, mirror, mirrorKey string, forged bool) {
	l := open(where, vkey)
	origin := verifier(vkey).Name()
	t := &tree{}
	var entries [][]byte
	for bundle := uint64(0); bundle*256 < l.size; bundle++ {
		for _, e := range must(client.GetEntryBundle(context.Background(), l.fetch.ReadEntryBundle, bundle, l.size)).Entries {
			t.add(e)
			entries = append(entries, e)
		}
	}
	if root := must(tlog.TreeHash(int64(l.size), t)); !bytes.Equal(root[:], l.root) {
		fail("the entries do not have the log's root")
	}
	old := int64(0)
	for {
		var proof strings.Builder
		if old > 0 && old < t.size {
			for _, h := range must(tlog.ProveTree(t.size, old, t)) {
				fmt.Fprintf(&proof, "%s\n", h)
			}
		}
		status, body := post(mirror+"/add-checkpoint", "text/plain", "", fmt.Appendf(nil, "old %d\n%s\n%s", old, proof.String(), l.note))
		if status == 409 && old != must(strconv.ParseInt(strings.TrimSpace(body), 10, 64)) {
			old = must(strconv.ParseInt(strings.TrimSpace(body), 10, 64))
			continue
		}
		if status != 200 || body != "" {
			fail("add-checkpoint: %d %q", status, body)
		}
		break
	}
	if forged {
		entries[len(entries)/2] = []byte("another entry")
	}
	start, end, ticket := t.size, t.size, []byte(nil) // an upload of nothing: it says where it is
	for tries := 0; tries < 100; tries++ {
		plain := upload(t, origin, entries, start, end, ticket, 4)
		coding := ""
		if tries%2 == 1 {
			var packed bytes.Buffer
			w := gzip.NewWriter(&packed)
			_, _ = w.Write(plain)
			_ = w.Close()
			plain, coding = packed.Bytes(), "gzip"
		}
		status, body := post(mirror+"/add-entries", "application/octet-stream", coding, plain)
		switch {
		case status == 409 || status == 202:
			end, start, ticket = info(body)
		case status == 422 && forged:
			fmt.Println("refused")
			return
		case status == 200:
			text, _, _ := strings.Cut(string(l.note), "\n\n")
			checkCosignature(body, mirrorKey, text+"\n")
			fmt.Printf("mirrored %d in %d requests\n", end, tries+1)
			return
		default:
			fail("add-entries: %d %q", status, body)
		}
	}
	fail("it never ends")
}

// ---- the mirror

type mirror struct {
	sync.Mutex
	log     note.Verifier
	signer  *torchwood.CosignatureSigner
	lies    bool
	kept    *tree
	pending map[int64]struct {
		root tlog.Hash
		text string
	}
	last int64
}

func (m *mirror) addCheckpoint(w http.ResponseWriter, r *http.Request) {
	m.Lock()
	defer m.Unlock()
	head, rest, _ := strings.Cut(string(must(io.ReadAll(r.Body))), "\n\n")
	lines := strings.Split(head, "\n")
	n, err := note.Open([]byte(rest), note.VerifierList(m.log))
	if err != nil {
		http.Error(w, err.Error(), 403)
		return
	}
	parts := strings.Split(n.Text, "\n")
	size := must(strconv.ParseInt(parts[1], 10, 64))
	root := must(tlog.ParseHash(parts[2]))
	if lines[0] != fmt.Sprintf("old %d", m.last) {
		w.Header().Set("Content-Type", "text/x.tlog.size")
		w.WriteHeader(409)
		fmt.Fprintf(w, "%d\n", m.last)
		return
	}
	var proof tlog.TreeProof
	for _, line := range lines[1:] {
		proof = append(proof, must(tlog.ParseHash(line)))
	}
	if m.last != 0 && m.last != size && tlog.CheckTree(proof, size, root, m.last, m.pending[m.last].root) != nil {
		http.Error(w, "inconsistent", 422)
		return
	}
	m.last = size
	m.pending[size] = struct {
		root tlog.Hash
		text string
	}{root, n.Text}
}

func (m *mirror) info(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "text/x.tlog.mirror-info")
	w.WriteHeader(status)
	fmt.Fprintf(w, "%d\n%d\n%s\n", m.last, m.kept.size, base64.StdEncoding.EncodeToString([]byte("ticket")))
}

// At most three packages a request, so that clients have to come again.
func (m *mirror) addEntries(w http.ResponseWriter, r *http.Request) {
	m.Lock()
	defer m.Unlock()
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		body = must(gzip.NewReader(r.Body))
	}
	read := func(n int) []byte { b := make([]byte, n); must(io.ReadFull(body, b)); return b }
	text := func() string { return string(read(int(binary.BigEndian.Uint16(read(2))))) }
	origin := text()
	start, end := int64(binary.BigEndian.Uint64(read(8))), int64(binary.BigEndian.Uint64(read(8)))
	ticket := text()
	p, known := m.pending[end]
	if origin != m.log.Name() || r.Header.Get("Content-Type") != "application/octet-stream" {
		http.Error(w, "unknown", 404)
		return
	}
	if !known || start != m.kept.size || (ticket != "" && ticket != "ticket") {
		m.info(w, 409)
		return
	}
	for packages := 0; start < end; packages++ {
		if packages == 3 {
			_, _ = io.Copy(io.Discard, r.Body)
			m.info(w, 202)
			return
		}
		base, grown := start-start%256, tree{append([]tlog.Hash(nil), m.kept.hashes...), m.kept.size}
		for stop := min(end, base+256); start < stop; start++ {
			grown.add([]byte(text()))
		}
		var proof torchwood.SubtreeProof
		for range read(1)[0] {
			proof = append(proof, tlog.Hash(read(32)))
		}
		if torchwood.CheckSubtree(proof, end, p.root, base, start, must(torchwood.SubtreeHash(base, start, &grown))) != nil {
			http.Error(w, "not part of the tree", 422)
			return
		}
		m.kept = &grown
	}
	if m.lies {
		p.text = strings.Replace(p.text, "\n", "\n1", 1)
	}
	signed := must(note.Sign(&note.Note{Text: p.text}, m.signer))
	_, lines, _ := strings.Cut(string(signed), "\n\n")
	_, _ = io.WriteString(w, lines)
}

// mirror LOG-VKEY NAME [lie]: a mirror on a free port; prints its vkey and its URL.
func serveMirror(vkey, name string, lies bool) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		fail("%v", err)
	}
	m := &mirror{log: verifier(vkey), signer: must(torchwood.NewCosignatureSigner(name, key)), lies: lies, kept: &tree{}}
	m.pending = make(map[int64]struct {
		root tlog.Hash
		text string
	})
	http.HandleFunc("POST /add-checkpoint", m.addCheckpoint)
	http.HandleFunc("POST /add-entries", m.addEntries)
	l := must(net.Listen("tcp", "127.0.0.1:0"))
	fmt.Printf("vkey: %s\n", m.signer.Verifier())
	fmt.Printf("ready: http://%s\n", l.Addr())
	_ = os.Stdout.Sync()
	fail("%v", http.Serve(l, nil))
}
