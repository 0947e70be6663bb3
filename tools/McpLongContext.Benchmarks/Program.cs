using System.Globalization;
using McpLongContext.Benchmarks;
using McpLongContext.Benchmarks.Bits;
using McpLongContext.Benchmarks.Encode;
using McpLongContext.Benchmarks.EndToEnd;
using McpLongContext.Benchmarks.Formats;
using McpLongContext.Benchmarks.Gpu;
using McpLongContext.Benchmarks.Growth;
using McpLongContext.Benchmarks.History;
using McpLongContext.Benchmarks.Kernels;
using McpLongContext.Benchmarks.Llama;
using McpLongContext.Benchmarks.LongAttention;
using McpLongContext.Benchmarks.Retrieval;
using McpLongContext.Benchmarks.Search;
using McpLongContext.Benchmarks.Tokenizers;

const string Usage = """
    usage: McpLongContext.Benchmarks COMMAND
      kernels                                  products, attention and scans against the machine's peak
      encode [chunks|passages]                 the encoder beside ONNX Runtime, on both kinds of texts or one
      llama [MODEL.gguf]                       the decoder beside llama.cpp: speed, load, memory
      agreement [--record FILE] [MODEL.gguf [PROMPTS.txt]]   greedy continuations beside llama.cpp's, a prompt a
                                               line; the record is for tools/agreement/greedy.py
      perplexity BOOK.txt [PASSAGES [WAYS [MODEL]]]   passages of four windows, by each method of expansion; ways are
                                               beginnings of its lines, with commas between them
      formats OUT MUTANTS FILE...              documents read: their text to a folder, time, so many mutants of each
      ingest DIR [--peer]                      a folder ingested and asked; with --peer beside mcp-local-rag
      busy DIR                                 questions while a folder is encoded, and afterwards
      lexical DIR                              the index of words beside SQLite FTS5 alone
      queries HOME                             questions to the default datastore of a home
      stages HOME [STAGE]                      the processor time of such a question by its stages
      prune HOME                               what its search over token embeddings may leave out
      knn MILLIONS                             the search over so many token embeddings
      gpu DEVICE MILLIONS...                   scans of so many token embeddings, attention over spans and products on a
                                               device, cuda:0, beside the processor; cpu rehearses
      growth MB PICTURE.svg DIR...             one folder that grows up to so many megabytes of sources
      passkey MODEL[@LAYER] LENGTHS POSITIONS MODES BOOK...   needles in books; lengths and modes (reread, heads, per_layer,
                                               window) with commas between them; memory is read from that layer on
      infini MODEL LENGTHS [--layer]           so many random tokens through Infini-attention; with --layer the
                                               attention of one layer alone
      recall MODEL ADAPTER LENGTHS POSITIONS THREADS BOOK...   a pass key from the compressive memory of books, beside
                                               closed gates and the window; ADAPTER may be - for the installed one
      keys MODEL ADAPTERS TOKENS COUNTS ASKED THREADS PICTURE.svg BOOK...   so many named keys in a text, as many texts as
                                               ask for so many; adapters with commas between them; the picture may be -
      facts MODEL ADAPTER TOKENS THREADS BOOK...   facts in sentences, one in a text
      damage MODEL ADAPTER TOKENS THREADS BOOK...   perplexity with the adapter and without
      memory MODEL TEXT TOKENS SIZES           keys of a text's first tokens built, stored and searched at each size, with
                                               commas between sizes
      sources SHAPE COUNTS WRITTEN BEAMS [THREADS]   sources of so many tokens through random weights of bart-base or bart-large: encoding,
                                               a summary of so many tokens, retrieval's share; counts and beams with commas
      summaries SHAPE [THREADS [ROUNDS]]       such a model within its window beside ONNX Runtime; needs PyTorch for the export
      forms FILE...                            the forms of bits on files: size, time, what the rule picks
      tokenizers TEXT MODEL...                 a file or folder of text through tokenizers of GGUF files or folders
      evidence MODEL QUESTIONS DIR PREDICTIONS  lines ranked by a decoder's retrieval heads, for score
      score QUESTIONS PREDICTIONS [CATEGORY]   predictions against gold evidence
      highlights QUESTIONS PREDICTIONS DIR     gold answers in what is highlighted; documents are named relative to DIR
      history [--encode] REPOSITORY...         files found for later commits, with and without a signal of the history
      vectors QUESTIONS HOME DATASTORE FOLDER  passages and questions as vectors for tools/cluster/pgvector.py
      states QUESTIONS HOME DATASTORE          the same questions with stored states and with states in fp32
    """;

const string ChatModel = "tinyllama-chat";

var output = Console.Out;
switch (args)
{
    case ["kernels"]:
        output.WriteLine(Machine.Describe());
        KernelBenchmark.Run(output);
        SearchBenchmark.Run(output);
        return 0;
    case ["encode", .. var texts] when texts is [] or [EncodeBenchmark.Chunks] or [EncodeBenchmark.Passages]:
        output.WriteLine(Machine.Describe());
        EncodeBenchmark.Run(output, Path.Combine(Repository.Root, "src"), texts is [var some] ? some : null);
        return 0;
    case ["llama", .. var file] when file.Length < 2:
        output.WriteLine(Machine.Describe());
        LlamaBenchmark.Run(output, file is [var model] ? Path.GetFullPath(model) : LlamaBenchmark.Find(ChatModel));
        return 0;
    case ["formats", var folder, var mutants, .. var documents]:
        FormatBenchmark.Run(output, folder, int.Parse(mutants, CultureInfo.InvariantCulture), documents);
        return 0;
    case [LoadTime.Command, var loaded, var cache]:
        LoadTime.Run(output, loaded, cache);
        return 0;
    case ["agreement", "--record", var record, .. var files] when files.Length < 3:
        Agree(files, record);
        return 0;
    case ["agreement", .. var files] when files.Length < 3:
        Agree(files, record: null);
        return 0;
    case ["perplexity", var book, .. var rest] when rest.Length < 4:
        output.WriteLine(Machine.Describe());
        PerplexityBenchmark.Run(
            output,
            rest is [_, _, var read] ? Path.GetFullPath(read) : LlamaBenchmark.Find(ChatModel),
            book,
            rest is [var count, ..] ? int.Parse(count, CultureInfo.InvariantCulture) : 2,
            rest is [_, { Length: > 0 } ways, ..] ? ways.Split(',') : []
        );
        return 0;
    case ["ingest", var folder, .. var peer] when peer is [] or ["--peer"]:
        output.WriteLine(Machine.Describe());
        IngestBenchmark.Run(output, Path.GetFullPath(folder), withPeer: peer.Length > 0);
        return 0;
    case ["busy", var folder]:
        output.WriteLine(Machine.Describe());
        BusyBenchmark.Run(output, Path.GetFullPath(folder));
        return 0;
    case ["lexical", var folder]:
        output.WriteLine(Machine.Describe());
        LexicalBenchmark.Run(output, Path.GetFullPath(folder));
        return 0;
    case ["queries", var home]:
        output.WriteLine(Machine.Describe());
        QueryBenchmark.Run(output, home);
        return 0;
    case ["stages", var home]:
        StageBenchmark.Run(output, home);
        return 0;
    case ["stages", var home, var stage]:
        StageBenchmark.Run(output, home, stage);
        return 0;
    case ["prune", var home]:
        output.WriteLine(Machine.Describe());
        PruneBenchmark.Run(output, home);
        return 0;
    case ["gpu", var device, _, ..]:
        return GpuBenchmark.Run(
            output,
            device,
            [.. args.Skip(2).Select(count => double.Parse(count, CultureInfo.InvariantCulture))]
        );
    case ["knn", var millions]:
        output.WriteLine(Machine.Describe());
        KnnBenchmark.Run(output, int.Parse(millions, CultureInfo.InvariantCulture));
        return 0;
    case ["growth", var largest, var picture, .. var folders]:
        output.WriteLine(Machine.Describe());
        GrowthBenchmark.Run(output, folders, double.Parse(largest, CultureInfo.InvariantCulture), picture);
        return 0;
    case ["memory", var reader, var memorized, var tokens, var sizes]:
        output.WriteLine(Machine.Describe());
        using (var benchmark = new MemoryBenchmark(output, reader))
        {
            benchmark.Run(
                memorized,
                int.Parse(tokens, CultureInfo.InvariantCulture),
                [.. sizes.Split(',').Select(size => int.Parse(size, CultureInfo.InvariantCulture))]
            );
        }

        return 0;
    case ["passkey", var decoder, var lengths, var positions, var modes, .. { Length: > 0 } books]:
        output.WriteLine(Machine.Describe());
        using (var benchmark = new PassKeyBenchmark(output, decoder))
        {
            benchmark.Run(
                books,
                [.. lengths.Split(',').Select(length => int.Parse(length, CultureInfo.InvariantCulture))],
                int.Parse(positions, CultureInfo.InvariantCulture),
                modes.Split(',')
            );
        }

        return 0;
    case ["infini", var reader, var counts, .. var layer] when layer is [] or ["--layer"]:
        output.WriteLine(Machine.Describe());
        InfiniBenchmark.Run(
            output,
            reader,
            [.. counts.Split(',').Select(count => int.Parse(count, CultureInfo.InvariantCulture))],
            isLayer: layer.Length > 0
        );
        return 0;
    case ["recall", var remembering, var adapter, var longs, var places, var threads, .. { Length: > 0 } books]:
        output.WriteLine(Machine.Describe());
        InfiniRecallBenchmark.Run(
            output,
            remembering,
            adapter == "-" ? null : adapter,
            Numbers(longs),
            int.Parse(places, CultureInfo.InvariantCulture),
            books,
            int.Parse(threads, CultureInfo.InvariantCulture)
        );
        return 0;
    case [
        "keys",
        var remembering,
        var adapters,
        var length,
        var counts,
        var least,
        var threads,
        var picture,
        .. { Length: > 0 } books,
    ]:
        output.WriteLine(Machine.Describe());
        InfiniKeysBenchmark.Run(
            output,
            remembering,
            [.. adapters.Split(',').Select(one => one == "-" ? null : one)],
            int.Parse(length, CultureInfo.InvariantCulture),
            Numbers(counts),
            int.Parse(least, CultureInfo.InvariantCulture),
            picture == "-" ? null : picture,
            books,
            int.Parse(threads, CultureInfo.InvariantCulture)
        );
        return 0;
    case ["facts", var remembering, var adapter, var length, var threads, .. { Length: > 0 } books]:
        output.WriteLine(Machine.Describe());
        InfiniKeysBenchmark.Facts(
            output,
            remembering,
            adapter == "-" ? null : adapter,
            int.Parse(length, CultureInfo.InvariantCulture),
            books,
            int.Parse(threads, CultureInfo.InvariantCulture)
        );
        return 0;
    case ["damage", var remembering, var adapter, var length, var threads, .. { Length: > 0 } books]:
        InfiniKeysBenchmark.Damage(
            output,
            remembering,
            adapter == "-" ? null : adapter,
            int.Parse(length, CultureInfo.InvariantCulture),
            books,
            int.Parse(threads, CultureInfo.InvariantCulture)
        );
        return 0;
    case ["sources", var shape, var counts, var written, var beams, .. var threads] when threads.Length < 2:
        output.WriteLine(Machine.Describe());
        SourceBenchmark.Run(
            output,
            shape,
            Numbers(counts),
            Numbers(written)[0],
            Numbers(beams),
            threads is [var workers] ? Numbers(workers)[0] : Environment.ProcessorCount
        );
        return 0;
    case ["summaries", var shape, .. var rest] when rest.Length < 3:
        output.WriteLine(Machine.Describe());
        EncoderDecoderBenchmark.Run(
            output,
            shape,
            rest is [var each, ..] ? Numbers(each)[0] : Environment.ProcessorCount,
            rest is [_, var rounds] ? Numbers(rounds)[0] : 5
        );
        return 0;
    case ["forms", .. { Length: > 0 } files]:
        output.WriteLine(Machine.Describe());
        BitFormBenchmark.Run(output, files);
        return 0;
    case ["tokenizers", var text, .. { Length: > 0 } models]:
        output.WriteLine(Machine.Describe());
        TokenizerBenchmark.Run(output, text, models);
        return 0;
    case ["evidence", var ranking, var asked, var documents, var predicted]:
        EvidenceBenchmark.Run(output, ranking, asked, documents, predicted);
        return 0;
    case ["score", var questions, var predictions, .. var category] when category.Length < 2:
        RetrievalScore.Run(questions, predictions, category is [var only] ? only : null, output);
        AnswerScore.Run(questions, predictions, output);
        return 0;
    case ["highlights", var questions, var predictions, var documents]:
        HighlightScore.Run(questions, predictions, documents, output);
        return 0;
    case ["history", "--encode", .. var repositories] when repositories.Length > 0:
        HistoryBenchmark.Run(output, repositories, encodes: true);
        return 0;
    case ["history", .. var repositories] when repositories.Length > 0:
        HistoryBenchmark.Run(output, repositories, encodes: false);
        return 0;
    case ["vectors", var set, var home, var datastore, var folder]:
        VectorBenchmark.Run(set, home, datastore, folder, output);
        return 0;
    case ["states", var set, var home, var datastore]:
        StatesBenchmark.Run(set, home, datastore, output);
        return 0;
    default:
        Console.Error.WriteLine(Usage);
        return 2;
}

static int[] Numbers(string list) =>
    [.. list.Split(',').Select(number => int.Parse(number, CultureInfo.InvariantCulture))];

void Agree(string[] files, string? record)
{
    output.WriteLine(Machine.Describe());
    AgreementBenchmark.Run(
        output,
        files is [var compared, ..] ? Path.GetFullPath(compared) : LlamaBenchmark.Find(ChatModel),
        files is [_, var prompts] ? prompts : null,
        record
    );
}
