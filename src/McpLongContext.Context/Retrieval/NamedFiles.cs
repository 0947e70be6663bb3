using McpLongContext.Context.Documents;
using McpLongContext.Storage.Analysis;

namespace McpLongContext.Context.Retrieval;

/// <summary>The files that a question may name: words that look like a file's name or the end of a path.</summary>
internal sealed class NamedFiles
{
    private const string Around = "\"'`“”‘’()[]{}<>,;:!?*";

    private readonly string _question;
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly HashSet<string> _bareNames = new(StringComparer.Ordinal);
    private readonly List<string> _paths = [];

    /// <summary>Reads a question in one line.</summary>
    public NamedFiles(string question)
    {
        _question = TextForms.Fold(question);
        foreach (var word in question.Split(' '))
        {
            var written = PathPattern.WithoutLines(word.Trim(Around.ToCharArray()).TrimEnd('.'));
            var name = TextForms.Fold(written).Replace('\\', '/').TrimEnd('/');
            if (name.Contains('/'))
            {
                _paths.Add('/' + (name.StartsWith("./", StringComparison.Ordinal) ? name[2..] : name).TrimStart('/'));
                _names.Add(name[(name.LastIndexOf('/') + 1)..]);
            }
            else if (name.Contains('.'))
            {
                _names.Add(name);
            }
            else if (written.Any(char.IsUpper))
            {
                // A word that is a file's whole name only as it is written: Makefile, LICENSE.
                _bareNames.Add(written);
            }
        }
    }

    /// <summary>Whether the question names the file at a path.</summary>
    public bool Has(string path)
    {
        var start = path.AsSpan().LastIndexOfAny('/', '\\') + 1;
        var name = path[start..];
        if (!name.Contains('.'))
        {
            return _bareNames.Contains(name);
        }

        var folded = TextForms.Fold(name);
        if (!_names.Contains(folded))
        {
            return folded.Contains(' ') && _question.Contains(folded, StringComparison.Ordinal);
        }

        var whole = '/' + TextForms.Fold(path).Replace('\\', '/').TrimStart('/');
        var withFolders = _paths.Where(one => one.EndsWith('/' + folded, StringComparison.Ordinal)).ToList();
        return withFolders.Count == 0 || withFolders.Exists(one => whole.EndsWith(one, StringComparison.Ordinal));
    }
}
