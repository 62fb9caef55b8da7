// interop: what other people's libraries think of a log, a proof, a witness.
//
//	interop read URL VKEY          Tessera's client: entries, inclusion, consistency
//	interop sumdb URL VKEY         golang.org/x/mod's tiles: the same from another hand
//	interop prove URL VKEY INDEX   a tlog-proof made by Tessera's client
//	interop check FILE VKEY ENTRY  a tlog-proof checked by x/mod and transparency-dev/merkle
//	interop feed URL VKEY MIRROR-URL MIRROR-VKEY [forge]   feed a mirror (mirror.go)
//	interop mirror VKEY NAME [lie]                         a mirror that is fed
//	interop key NAME               a signer's and a verifier's key by x/mod
//	interop engine FOLDER KEY-FILE IN-FLIGHT BATCH BYTES SECONDS   Tessera's log as a library (engine.go)
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/client"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func must[T any](value T, err error) T {
	if err != nil {
		fail("%v", err)
	}
	return value
}

func fail(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "interop: "+format+"\n", args...)
	os.Exit(1)
}

func verifier(vkey string) note.Verifier { return must(note.NewVerifier(vkey)) }

// ---- Tessera's client

type log struct {
	fetch *client.HTTPFetcher
	size  uint64
	root  []byte
	note  []byte
}

func open(where, vkey string) log {
	v := verifier(vkey)
	f := must(client.NewHTTPFetcher(must(url.Parse(where)), http.DefaultClient))
	checkpoint, raw, _, err := client.FetchCheckpoint(context.Background(), f.ReadCheckpoint, v, v.Name())
	if err != nil {
		fail("checkpoint: %v", err)
	}
	return log{f, checkpoint.Size, checkpoint.Hash, raw}
}

func read(where, vkey string) {
	ctx := context.Background()
	l := open(where, vkey)
	builder := must(client.NewProofBuilder(ctx, l.size, l.fetch.ReadTile))
	step := max(l.size/97, 1)
	for bundle := uint64(0); bundle*256 < l.size; bundle++ {
		entries := must(client.GetEntryBundle(ctx, l.fetch.ReadEntryBundle, bundle, l.size))
		for i, entry := range entries.Entries {
			index := bundle*256 + uint64(i)
			if index%step != 0 {
				continue
			}
			path := must(builder.InclusionProof(ctx, index))
			leaf := rfc6962.DefaultHasher.HashLeaf(entry)
			if err := proof.VerifyInclusion(rfc6962.DefaultHasher, index, l.size, leaf, path, l.root); err != nil {
				fail("entry %d: %v", index, err)
			}
		}
	}
	for size := uint64(1); size < l.size; size += step {
		old := root(where, size)
		path := must(builder.ConsistencyProof(ctx, size, l.size))
		if err := proof.VerifyConsistency(rfc6962.DefaultHasher, size, l.size, path, old, l.root); err != nil {
			fail("size %d: %v", size, err)
		}
	}
	fmt.Printf("%d entries, all as Tessera's client wants them\n", l.size)
}

// ---- golang.org/x/mod

// tiles reads tlog tiles of height 8 by their tlog-tiles paths.
type tiles struct{ where string }

func (t tiles) Height() int                     { return 8 }
func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}
func (t tiles) ReadTiles(list []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, tile := range list {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		answer, err := http.Get(strings.TrimSuffix(t.where, "/") + "/" + path)
		if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil || answer.StatusCode != 200 {
			return nil, fmt.Errorf("%s: %s %v", path, answer.Status, err)
		}
		out = append(out, data)
	}
	return out, nil
}

func treeOf(raw []byte, vkey string) tlog.Tree {
	n := must(note.Open(raw, note.VerifierList(verifier(vkey))))
	lines := strings.Split(n.Text, "\n")
	hash := must(tlog.ParseHash(lines[2]))
	return tlog.Tree{N: must(strconv.ParseInt(lines[1], 10, 64)), Hash: hash}
}

// root computes the root of an older tree from the tiles, trusting them: whoever calls it
// proves the result consistent with a signed root.
func root(where string, size uint64) []byte {
	answer := must(http.Get(strings.TrimSuffix(where, "/") + "/checkpoint"))
	raw := must(io.ReadAll(answer.Body))
	lines := strings.Split(string(raw), "\n")
	tree := tlog.Tree{N: must(strconv.ParseInt(lines[1], 10, 64)), Hash: must(tlog.ParseHash(lines[2]))}
	hash := must(tlog.TreeHash(int64(size), tlog.TileHashReader(tree, tiles{where})))
	return hash[:]
}

func sumdb(where, vkey string) {
	answer := must(http.Get(strings.TrimSuffix(where, "/") + "/checkpoint"))
	tree := treeOf(must(io.ReadAll(answer.Body)), vkey)
	reader := tlog.TileHashReader(tree, tiles{where})
	for i := int64(0); i < tree.N; i += max(tree.N/97, 1) {
		record := must(tlog.ProveRecord(tree.N, i, reader))
		hashes := must(reader.ReadHashes([]int64{tlog.StoredHashIndex(0, i)}))
		if err := tlog.CheckRecord(record, tree.N, tree.Hash, i, hashes[0]); err != nil {
			fail("record %d: %v", i, err)
		}
		older := must(tlog.TreeHash(i+1, reader))
		growth := must(tlog.ProveTree(tree.N, i+1, reader))
		if err := tlog.CheckTree(growth, tree.N, tree.Hash, i+1, older); err != nil {
			fail("tree %d: %v", i+1, err)
		}
	}
	fmt.Printf("%d entries, all as x/mod wants them\n", tree.N)
}

// ---- tlog-proofs

func prove(where, vkey, text string) {
	ctx := context.Background()
	l := open(where, vkey)
	builder := must(client.NewProofBuilder(ctx, l.size, l.fetch.ReadTile))
	path := must(builder.InclusionProof(ctx, must(strconv.ParseUint(text, 10, 64))))
	fmt.Printf("c2sp.org/tlog-proof@v1\nindex %s\n", text)
	for _, hash := range path {
		fmt.Println(base64.StdEncoding.EncodeToString(hash))
	}
	fmt.Printf("\n%s", l.note)
}

func check(file, vkey, entry string) {
	data := must(os.ReadFile(file))
	head, checkpoint, found := bytes.Cut(data, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if !found || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		fail("%s: no tlog-proof", file)
	}
	index := must(strconv.ParseUint(strings.TrimPrefix(lines[1], "index "), 10, 64))
	var path [][]byte
	for _, line := range lines[2:] {
		path = append(path, must(base64.StdEncoding.DecodeString(line)))
	}
	tree := treeOf(checkpoint, vkey)
	leaf := rfc6962.DefaultHasher.HashLeaf(must(os.ReadFile(entry)))
	if err := proof.VerifyInclusion(rfc6962.DefaultHasher, index, uint64(tree.N), leaf, path, tree.Hash[:]); err != nil {
		fail("%v", err)
	}
	fmt.Printf("entry %d of %d\n", index, tree.N)
}

func main() {
	args := append(os.Args[1:], "", "", "", "", "", "", "")
	switch args[0] {
	case "read":
		read(args[1], args[2])
	case "sumdb":
		sumdb(args[1], args[2])
	case "prove":
		prove(args[1], args[2], args[3])
	case "check":
		check(args[1], args[2], args[3])
	case "feed":
		feed(args[1], args[2], args[3], args[4], args[5] == "forge")
	case "mirror":
		serveMirror(args[1], args[2], args[3] == "lie")
	case "key":
		signer, verifier, err := note.GenerateKey(rand.Reader, args[1])
		if err != nil {
			fail("%v", err)
		}
		fmt.Printf("%s\n%s\n", signer, verifier)
	case "engine":
		engine(args[1], args[2], args[3], args[4], args[5], args[6])
	default:
		fail("read, sumdb, prove, check, feed, mirror, key or engine")
	}
}
