using System.Globalization;
using System.Text;

namespace SshGateway.Proxy.Recording;

/// <summary>A session channel (RFC 4254 section 6) of a recorded connection, and its recording if it has one.</summary>
/// <param name="number">Its place among the connection's session channels.</param>
internal sealed class SessionChannel(ConnectionRecording connection, int number)
{
    // The size that players assume. A channel without a terminal has it, too.
    private const int UsualColumns = 80;
    private const int UsualRows = 24;
    private const int MaxSize = 4096;

    // Longer ones are cut.
    private const int MaxCommand = 4096;
    private const int MaxTerm = 64;

    private int _columns = UsualColumns;
    private int _rows = UsualRows;
    private string? _term;
    private string? _command;
    private bool _hasProgram;
    private bool _isEnded;
    private string? _status;
    private long _startedAt;
    private int _part;
    private CastFile? _file;
    private CastText? _output;
    private CastText? _error;
    private CastText? _input;
    private CastText? _notes;
    private long _inputBytes;

    /// <summary>How many open channels have its number: more than one is the client's own confusion.</summary>
    public int Channels { get; set; } = 1;

    /// <summary>Whether something is waiting to be handed over.</summary>
    public bool IsTouched { get; set; }

    private bool IsRecorded => _hasProgram && (connection.RecordsAll || _term is not null);

    public void SetTerminal(ReadOnlySpan<byte> term, uint columns, uint rows)
    {
        _term = Text(term, MaxTerm);
        SetSize(columns, rows);
        Start();
    }

    /// <summary>A shell, a command or a subsystem is asked for. The first one counts.</summary>
    /// <param name="command">In words for the header; null: a shell.</param>
    public void SetProgram(string? command)
    {
        if (!_hasProgram)
        {
            (_hasProgram, _command) = (true, command);
            Start();
        }
    }

    public static string Text(ReadOnlySpan<byte> bytes, int max = MaxCommand) =>
        bytes.Length <= max ? Encoding.UTF8.GetString(bytes) : Encoding.UTF8.GetString(bytes[..max]) + "…";

    public void Resize(uint columns, uint rows)
    {
        if (!SetSize(columns, rows) || _file is null)
        {
            return;
        }
        Span<byte> size = stackalloc byte[24];
        System.Text.Unicode.Utf8.TryWrite(size, CultureInfo.InvariantCulture, $"{_columns}x{_rows}", out int length);
        Write(CastFile.Resize, size[..length], _notes!);
    }

    public void Output(ReadOnlySpan<byte> data, bool isError)
    {
        if (_file is null)
        {
            connection.CountUnrecorded(data.Length);
            return;
        }
        Write(CastFile.Output, data, isError ? _error! : _output!);
    }

    public void Input(ReadOnlySpan<byte> data)
    {
        if (_file is null)
        {
            connection.CountUnrecorded(data.Length);
            return;
        }
        _inputBytes += data.Length;
        if (connection.RecordsInput)
        {
            Write(CastFile.Input, data, _input!);
        }
    }

    /// <summary>How the program ended.</summary>
    public void SetStatus(string status) => _status ??= status;

    /// <summary>Something that the recording's reader should know.</summary>
    public void Note(string text)
    {
        if (_file is not null)
        {
            Write(CastFile.Marker, Encoding.UTF8.GetBytes(text), _notes!);
        }
    }

    public void Flush()
    {
        IsTouched = false;
        _file?.Flush();
    }

    /// <param name="how">In words.</param>
    public void End(string how)
    {
        // The client may still ask for a shell, because it has not seen the close yet. That begins no recording.
        _isEnded = true;
        if (_file is null)
        {
            return;
        }
        TimeSpan at = connection.Time.GetElapsedTime(_startedAt);
        _file.WriteEnd(at, CastFile.Output, _output!);
        _file.WriteEnd(at, CastFile.Output, _error!);
        _file.WriteEnd(at, CastFile.Input, _input!);
        Note(string.Create(CultureInfo.InvariantCulture, $"{how}{(_status is null ? "" : $", {_status}")}, {_inputBytes} bytes of input"));
        _file.End();
        _file = null;
    }

    /// <summary>Gives the recording up.</summary>
    /// <returns>Its file; null: there is none.</returns>
    public RecordingFile? Abandon()
    {
        _file?.Drop();
        RecordingFile? file = _file?.File;
        _file = null;
        return file;
    }

    private bool SetSize(uint columns, uint rows)
    {
        // Without a window, ssh says 0.
        if (columns is 0 or > MaxSize || rows is 0 or > MaxSize)
        {
            return false;
        }
        (_columns, _rows) = ((int)columns, (int)rows);
        return true;
    }

    private void Start()
    {
        if (!IsRecorded || _isEnded || _output is not null)
        {
            return;
        }
        bool isTerminal = _term is not null;
        (_output, _error, _input, _notes) = (new(!isTerminal), new(!isTerminal), new(false), new(false));
        Open();
    }

    private void Open()
    {
        _part++;
        _startedAt = connection.Time.GetTimestamp();
        DateTimeOffset now = connection.Time.GetUtcNow();
        string part = _part == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $", part {_part}");
        _file = connection.Open(
            string.Create(CultureInfo.InvariantCulture, $"{number}{(_part == 1 ? "" : $".{_part}")}"),
            new CastHeader(_columns, _rows, now, $"{connection.Title}, channel {number}{part}", _command, _term));
        Touch();
    }

    private void Write(byte code, ReadOnlySpan<byte> data, CastText text)
    {
        _file!.Write(connection.Time.GetElapsedTime(_startedAt), code, data, text);
        Touch();
        if (_file.Size >= connection.MaxFileSize && code != CastFile.Marker)
        {
            Note(string.Create(CultureInfo.InvariantCulture, $"continued in part {_part + 1}"));
            _file.End();
            Open();
        }
    }

    private void Touch()
    {
        if (!IsTouched)
        {
            IsTouched = true;
            connection.Touched(this);
        }
    }
}
