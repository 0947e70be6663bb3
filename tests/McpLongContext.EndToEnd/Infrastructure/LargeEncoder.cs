using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;

namespace McpLongContext.EndToEnd.Infrastructure;

/// <summary>The tiny encoder of the tests with a vocabulary of as many rows as make it large; it runs as the tiny one does.</summary>
internal static class LargeEncoder
{
    private const string Words = "embeddings.word_embeddings.weight";

    /// <summary>Adds it to a hub.</summary>
    /// <param name="hub">The hub.</param>
    /// <param name="size">Bytes of its weights, at least.</param>
    /// <returns>The weights.</returns>
    public static byte[] AddTo(LoopbackHub hub, int size)
    {
        var folder = Path.Combine(Repository.Root, "tests/McpLongContext.Inference.Tests/GoldenData/tiny-bert");
        var weights = File.ReadAllBytes(Path.Combine(folder, "model.safetensors"));
        var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(weights);
        var header = (JsonObject)JsonNode.Parse(weights.AsSpan(8, length))!;
        var words = header[Words]!;
        var (rows, end) = ((int)words["shape"]![0]!, (int)words["data_offsets"]![1]!);
        var rowBytes = end / rows;
        var added = ((size / rowBytes) + 1) * rowBytes;
        foreach (var (name, tensor) in header)
        {
            var offsets = tensor!["data_offsets"]!;
            if (name != Words)
            {
                offsets[0] = (int)offsets[0]! + added;
            }

            offsets[1] = (int)offsets[1]! + added;
        }

        words["shape"]![0] = rows + (added / rowBytes);
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))!;
        config["vocab_size"] = rows + (added / rowBytes);
        hub.Add("config.json", Encoding.UTF8.GetBytes(config.ToJsonString()));
        hub.Add("tokenizer.json", File.ReadAllBytes(Path.Combine(folder, "tokenizer.json")));
        var json = Encoding.UTF8.GetBytes(header.ToJsonString());
        var prefix = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)json.Length);
        var data = weights.AsSpan(8 + length);
        return hub.Add("model.safetensors", [.. prefix, .. json, .. data[..end], .. new byte[added], .. data[end..]]);
    }
}
