using McpLongContext.Storage.Analysis;
using McpLongContext.Storage.Sqlite;

namespace McpLongContext.Storage.Commits;

/// <summary>Writes the lexical index of commits inside the caller's transaction.</summary>
internal sealed class CommitTerms(Database database)
{
    private readonly TermBuffer _subject = new();
    private readonly TermBuffer _body = new();
    private readonly TermBuffer _author = new();
    private readonly TermBuffer _files = new();

    /// <summary>Adds a commit under its row id.</summary>
    public void Add(long id, Commit commit)
    {
        Fill(_subject, commit.Subject);
        Fill(_body, commit.Body);
        Fill(_author, commit.Author);
        _files.Clear();
        foreach (var file in commit.Files)
        {
            TermAnalyzer.Append(file.Path, _files);
        }

        database
            .Prepare("INSERT INTO commit_terms(rowid, subject, body, author, files) VALUES (?1, ?2, ?3, ?4, ?5)")
            .Bind(1, id)
            .BindUtf8(2, _subject.Utf8)
            .BindUtf8(3, _body.Utf8)
            .BindUtf8(4, _author.Utf8)
            .BindUtf8(5, _files.Utf8)
            .Run();
    }

    private static void Fill(TermBuffer terms, string text)
    {
        terms.Clear();
        TermAnalyzer.Append(text, terms);
    }
}
