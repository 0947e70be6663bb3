using McpLongContext.Kernels.Devices;
using McpLongContext.Storage.Sqlite;

namespace McpLongContext.Storage;

/// <summary>
/// The folder that holds the named datastores, one folder each. Datastores appear and vanish by renaming a folder, so
/// that none is ever seen half made or half removed.
/// </summary>
/// <param name="root">The home folder; created with the first datastore.</param>
/// <param name="time">The clock by which left-over files are judged; the system's by default.</param>
/// <param name="devices">Hold and scan embeddings and keys beside the processor; owned by the caller.</param>
public sealed class DatastoreHome(string root, TimeProvider? time = null, ISearchDevices? devices = null)
{
    private readonly string _datastores = Path.Combine(Path.GetFullPath(root), "datastores");
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly string _temporary = Path.Combine(Path.GetFullPath(root), "temporary");

    /// <summary>The names of the datastores, in order.</summary>
    public IReadOnlyList<string> List()
    {
        try
        {
            return Directory
                .EnumerateDirectories(_datastores)
                .Where(folder => File.Exists(DatastoreIdentity.DatabasePath(folder)))
                .Select(folder => Path.GetFileName(folder))
                .Order(StringComparer.Ordinal)
                .ToList();
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    /// <summary>Whether there is a datastore with this name.</summary>
    /// <exception cref="DatastoreException">The name is not valid.</exception>
    public bool Exists(string name) => File.Exists(DatastoreIdentity.DatabasePath(FolderOf(name)));

    /// <summary>Opens a datastore.</summary>
    /// <exception cref="DatastoreException">There is none with this name, or it cannot be read.</exception>
    public Datastore Open(string name) => Exists(name) && TryOpen(name) is { } open ? open : throw Unknown(name);

    /// <summary>Opens a datastore, made first when there is none with this name.</summary>
    /// <exception cref="DatastoreException">The name is not valid or the folder cannot be written.</exception>
    public Datastore OpenOrCreate(string name)
    {
        if (Exists(name) && TryOpen(name) is { } open)
        {
            return open;
        }

        Create(name);
        return Datastore.Open(name, FolderOf(name), _time, devices);
    }

    /// <summary>
    /// Removes a whole datastore. Snapshots that are open elsewhere stay readable until they are closed, except on
    /// Windows, where an open datastore is not removed.
    /// </summary>
    /// <exception cref="DatastoreException">There is none with this name, or it is in use.</exception>
    public void Remove(string name)
    {
        if (!Exists(name))
        {
            throw Unknown(name);
        }

        var folder = FolderOf(name);
        Mark(folder, isRemoved: true);
        try
        {
            Discard(name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Mark(folder, isRemoved: false);
            throw new DatastoreException(
                $"The datastore '{name}' could not be removed from '{folder}': {e.Message} "
                    + "Close the programs that use it and try again.",
                e
            );
        }
    }

    /// <summary>Makes a datastore of files from elsewhere, with an identity of its own.</summary>
    /// <param name="name">The name, which is free.</param>
    /// <param name="fill">Puts the files into a folder.</param>
    /// <exception cref="DatastoreException">The name is not valid or taken, or the files are no datastore.</exception>
    internal void Restore(string name, Action<string> fill)
    {
        if (Exists(name))
        {
            throw new DatastoreException(
                $"There is a datastore '{name}' already. Remove it first, or choose another name."
            );
        }

        var draft = TemporaryFolder(name);
        try
        {
            Directory.CreateDirectory(_datastores);
            Directory.CreateDirectory(draft);
            fill(draft);
            using (var database = Database.Open(DatastoreIdentity.DatabasePath(draft), create: false))
            {
                Schema.Require(database);
                database.Write(() =>
                    database.Execute("UPDATE counters SET value = abs(random()) + 1 WHERE key = 'identity'")
                );
            }

            ClearRuin(name);
            Directory.Move(draft, FolderOf(name));
        }
        finally
        {
            if (Directory.Exists(draft))
            {
                Directory.Delete(draft, recursive: true);
            }
        }
    }

    /// <summary>Marks a datastore, so that nobody writes into a removed one; a damaged one has no writers.</summary>
    private static void Mark(string folder, bool isRemoved)
    {
        try
        {
            DatastoreIdentity.MarkRemoved(folder, isRemoved);
        }
        catch (DatastoreException e) when (e is not DatastoreBusyException)
        {
            // What cannot be opened can be removed all the same.
        }
    }

    /// <summary>
    /// Opens it; <see langword="null"/> when its removal was begun by a process that died, and is ended here.
    /// </summary>
    private Datastore? TryOpen(string name)
    {
        try
        {
            return Datastore.Open(name, FolderOf(name), _time, devices);
        }
        catch (DatastoreRemovedException)
        {
            try
            {
                Discard(name);
            }
            catch (DirectoryNotFoundException)
            {
                // The process was alive after all.
            }

            return null;
        }
    }

    private void Discard(string name)
    {
        Directory.CreateDirectory(_temporary);
        var trash = TemporaryFolder(name);
        Directory.Move(FolderOf(name), trash);
        Directory.Delete(trash, recursive: true);
    }

    private void Create(string name)
    {
        var draft = TemporaryFolder(name);
        try
        {
            Directory.CreateDirectory(_datastores);
            Directory.CreateDirectory(draft);
            using (var database = Database.Open(DatastoreIdentity.DatabasePath(draft), create: true))
            {
                Schema.Create(database);
            }

            ClearRuin(name);
            Directory.Move(draft, FolderOf(name));
        }
        catch (IOException) when (Exists(name))
        {
            // Another process was faster with the same datastore: its folder is as good as ours.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DatastoreException(
                $"The datastore '{name}' cannot be created in '{_datastores}': {e.Message} "
                    + "Choose a home folder that exists on a writable disk.",
                e
            );
        }
        finally
        {
            if (Directory.Exists(draft))
            {
                Directory.Delete(draft, recursive: true);
            }
        }
    }

    /// <summary>
    /// Takes away what is left of a datastore whose folder was deleted by hand: it has no database any more.
    /// </summary>
    private void ClearRuin(string name)
    {
        if (Directory.Exists(FolderOf(name)) && !Exists(name))
        {
            Discard(name);
        }
    }

    private string FolderOf(string name) => Path.Combine(_datastores, DatastoreName.Require(name));

    private string TemporaryFolder(string name) => Path.Combine(_temporary, $"{name}-{Guid.NewGuid():N}");

    private UnknownDatastoreException Unknown(string name) => new(name, List());
}
