using System.Text;

namespace SshGateway.Hosting.Logging;

/// <summary>
/// Writes lines from a thread of its own, those of the last <see cref="Delay"/> at once, so that one wake-up and one
/// write serve many. When more wait than <see cref="Capacity"/>, because nobody takes what is written, lines are
/// dropped and counted, and nobody waits.
/// </summary>
internal sealed class LineWriter : IDisposable
{
    /// <summary>Characters that may wait; some 3,000 lines.</summary>
    public const int Capacity = 1 << 19;

    /// <summary>How long a line may wait for others.</summary>
    public static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(20);

    // A log that nobody takes must not keep the process from ending.
    private static readonly TimeSpan MaxEnd = TimeSpan.FromSeconds(1);

    private readonly Stream _output;
    private readonly Func<long, string> _notice;
    private readonly Thread _thread;
    private readonly Lock _lock = new();
    private readonly AutoResetEvent _wake = new(initialState: false);

    // It would spin first, fifty times a second, for what comes once.
    private readonly ManualResetEventSlim _ended = new(initialState: false, spinCount: 0);
    private StringBuilder _waiting = new();
    private long _dropped;
    private long _unwritten;

    /// <param name="output">Owned.</param>
    /// <param name="notice">A line that says how many are missing at its place.</param>
    public LineWriter(Stream output, Func<long, string> notice)
    {
        (_output, _notice) = (output, notice);
        _thread = new Thread(Run) { IsBackground = true, Name = "log" };
        _thread.Start();
    }

    /// <summary>Never waits.</summary>
    /// <param name="line">With its end of line.</param>
    public void Write(StringBuilder line)
    {
        bool isFirst;
        lock (_lock)
        {
            if (_waiting.Length + line.Length > Capacity)
            {
                _dropped++;
                return;
            }
            isFirst = _waiting.Length == 0;
            _waiting.Append(line);
        }
        if (isFirst)
        {
            _wake.Set();
        }
    }

    /// <summary>Writes what waits, unless nobody takes it.</summary>
    public void Dispose()
    {
        _ended.Set();
        _wake.Set();
        _thread.Join(MaxEnd);
    }

    private void Run()
    {
        while (!_ended.IsSet)
        {
            _wake.WaitOne();
            _ended.Wait(Delay);
            WriteWaiting();
        }
        WriteWaiting();
        _output.Dispose();
    }

    private void WriteWaiting()
    {
        StringBuilder lines;
        long dropped;
        lock (_lock)
        {
            (lines, _waiting) = (_waiting, new StringBuilder());
            (dropped, _dropped) = (_dropped, 0);
        }
        byte[] text = Encoding.UTF8.GetBytes($"{Notice(_unwritten)}{lines}{Notice(dropped)}");
        try
        {
            WholeLines.Write(_output, text);
            _unwritten = 0;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // The disk is full, perhaps.
            _unwritten += dropped + lines.ToString().AsSpan().Count('\n');
        }
    }

    private string Notice(long missing) => missing == 0 ? "" : _notice(missing);
}
