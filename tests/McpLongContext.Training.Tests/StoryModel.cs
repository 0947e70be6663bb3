using System.Buffers.Binary;
using System.Text;

namespace McpLongContext.Training.Tests;

/// <summary>
/// A random model in the format of llama2.c, with a tokenizer of bytes: width 32, two layers, four heads, two key/value heads,
/// a window of 128.
/// </summary>
internal sealed class StoryModel : IDisposable
{
    private const int Width = 32;
    private const int Layers = 2;
    private const int KeyValueWidth = 16;
    private const int Intermediate = 48;
    private const int Vocabulary = 259;
    private const int Window = 128;
    private const int HeadDim = 8;

    public StoryModel(int seed = 1, int width = Width)
    {
        Home = Directory.CreateTempSubdirectory("training-").FullName;
        Folder = Directory.CreateDirectory(Path.Combine(Home, "story")).FullName;
        WriteModel(new Random(seed), width);
        WriteTokenizer();
    }

    /// <summary>A folder of this model's own.</summary>
    public string Home { get; }

    /// <summary>The model.</summary>
    public string Folder { get; }

    public string PathOf(string name) => Path.Combine(Home, name);

    public void Dispose() => Directory.Delete(Home, recursive: true);

    private void WriteModel(Random random, int width)
    {
        using var file = new BinaryWriter(File.Create(Path.Combine(Folder, "story.bin")));
        foreach (var number in (int[])[width, Intermediate, Layers, 4, 2, Vocabulary, Window])
        {
            file.Write(number);
        }

        Matrix(Vocabulary, width);
        Ones(Layers * width);
        Matrix(Layers * width, width);
        Matrix(Layers * KeyValueWidth, width);
        Matrix(Layers * KeyValueWidth, width);
        Matrix(Layers * width, width);
        Ones(Layers * width);
        Matrix(Layers * Intermediate, width);
        Matrix(Layers * width, Intermediate);
        Matrix(Layers * Intermediate, width);
        Ones(width);
        Ones(Window * HeadDim);

        void Matrix(int outputs, int inputs)
        {
            for (var i = 0; i < outputs * inputs; i++)
            {
                file.Write((float)((random.NextDouble() - 0.5) * 2 / Math.Sqrt(inputs)));
            }
        }

        void Ones(int count)
        {
            for (var i = 0; i < count; i++)
            {
                file.Write(1f);
            }
        }
    }

    private void WriteTokenizer()
    {
        using var file = File.Create(Path.Combine(Folder, "tokenizer.bin"));
        Span<byte> header = stackalloc byte[8];
        file.Write(header[..4]);
        for (var token = 0; token < Vocabulary; token++)
        {
            var text = Encoding.ASCII.GetBytes($"<{token}>");
            BinaryPrimitives.WriteInt32LittleEndian(header[4..], text.Length);
            file.Write(header);
            file.Write(text);
        }
    }
}
