using Hartfs.Metadata.Sqlite.Interop;

namespace Hartfs.Metadata.Sqlite;

/// <summary>A prepared statement, used again and again. Nothing is allocated per use.</summary>
internal sealed class Statement : IDisposable
{
    private readonly Database _database;
    private nint _handle;
    private bool _active;

    public Statement(Database database, nint handle, string sql)
    {
        _database = database;
        _handle = handle;
        Sql = sql;
    }

    public string Sql { get; }

    /// <summary>Binds the parameter with a 1-based index.</summary>
    public Statement Bind(int index, long value)
    {
        ThrowIfActive();
        _database.Check(Sqlite3.Bind(_handle, index, value));
        return this;
    }

    /// <summary>Binds a copy of bytes.</summary>
    public Statement Bind(int index, ReadOnlySpan<byte> value)
    {
        ThrowIfActive();
        _database.Check(Sqlite3.Bind(_handle, index, value));
        return this;
    }

    /// <summary>Runs a statement that returns no rows. Returns how many rows it changed.</summary>
    public int Execute()
    {
        // SQLite may have rolled back by itself and committed this alone.
        if (_database.IsFailed)
            throw _database.AfterFailure();
        int result = Sqlite3.Step(_handle);
        if (result != Sqlite3.Done)
            Fail(result);
        int changes = _database.Changes;
        Sqlite3.Reset(_handle);
        return changes;
    }

    /// <summary>Begins to read; the rows must be disposed before the next use.</summary>
    public Rows Query()
    {
        ThrowIfActive();
        _active = true;
        return new Rows(this);
    }

    public void Dispose()
    {
        Sqlite3.Finish(_handle);
        _handle = 0;
    }

    // A bug of the caller: two cursors of one kind at a time.
    private void ThrowIfActive()
    {
        if (_active)
            throw new InvalidOperationException($"Already being read: {Sql}");
    }

    private void Fail(int result)
    {
        MetadataException failure = _database.Failure(result, Sql);
        Sqlite3.Reset(_handle);
        throw failure;
    }

    /// <summary>The rows of one use of a statement.</summary>
    public readonly ref struct Rows
    {
        private readonly Statement _statement;

        public Rows(Statement statement) => _statement = statement;

        /// <summary>Goes to the next row; false behind the last.</summary>
        public bool Next()
        {
            int result = Sqlite3.Step(_statement._handle);
            if (result == Sqlite3.Row)
                return true;
            if (result != Sqlite3.Done)
                _statement.Fail(result);
            return false;
        }

        public long Int64(int column) => Sqlite3.GetInt64(_statement._handle, column);

        public bool IsNull(int column) => Sqlite3.IsNull(_statement._handle, column);

        /// <summary>Valid until <see cref="Next"/> or <see cref="Dispose"/>.</summary>
        public ReadOnlySpan<byte> Bytes(int column) => Sqlite3.GetBytes(_statement._handle, column);

        public int ColumnCount => Sqlite3.ColumnCount(_statement._handle);

        public string ColumnName(int column) => Sqlite3.ColumnName(_statement._handle, column);

        public string Text(int column) => Sqlite3.GetText(_statement._handle, column);

        public void Dispose()
        {
            Sqlite3.Reset(_statement._handle);
            _statement._active = false;
        }
    }
}
