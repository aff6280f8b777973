namespace SshGateway.Ssh.Sockets.Epoll;

/// <summary>
/// Whether an event loop looks for events a little longer before it sleeps. To wake a thread of a core that sleeps
/// takes tens of microseconds, on a virtual machine more than all that is done for a keystroke. That is worth a look
/// where the next event is near, as the answer to a short message often is. A stream gains nothing: while the loop
/// sleeps, more arrives for its next read.
/// </summary>
/// <param name="limit">How long at a time; zero: not at all.</param>
internal sealed class BusyPoll(TimeSpan limit)
{
    // Of bytes per wait, the average of about the last 16.
    private const int Stream = 1024;
    private const int MaxCounted = 16 * 1024;
    private const int Averaged = 16;

    // What came of a wait is foretold by what came of those before, as processors foretell branches: in a dialogue at
    // typing speed, short waits for an answer take turns with long ones for the next key.
    private const int Remembered = 4;
    private const int MaxConfidence = 3;
    private const int MinConfidence = -2;
    private const int ConfidenceAfterFailure = -8;

    private readonly sbyte[] _confidence = new sbyte[1 << Remembered];
    private int _history;
    private int _average;

    /// <summary>How long at a time.</summary>
    public TimeSpan Limit => limit;

    /// <summary>How often an event came in time.</summary>
    public long Rewarded { get; private set; }

    /// <summary>How often none did.</summary>
    public long Unrewarded { get; private set; }

    /// <summary>Whether the next wait is one to look in.</summary>
    public bool IsDue => _confidence[_history] > 0;

    /// <summary>
    /// To be asked once before each wait: whether it is one to learn from. One within a stream is not.
    /// </summary>
    /// <param name="moved">Bytes that came since the last one.</param>
    public bool IsInDialogue(long moved)
    {
        _average += ((int)Math.Min(moved, MaxCounted) - _average) / Averaged;
        return limit > TimeSpan.Zero && _average < Stream;
    }

    /// <summary>Learns from a wait.</summary>
    /// <param name="duration">How long it took, a wake-up included.</param>
    /// <param name="rewarded">Whether a look was rewarded; null: nobody looked.</param>
    public void Waited(TimeSpan duration, bool? rewarded)
    {
        // A wake-up may take as long as the event that it was for.
        bool isShort = rewarded ?? duration < 2 * limit;
        ref sbyte confidence = ref _confidence[_history];
        confidence = (sbyte)(isShort ? Math.Min(confidence + 1, MaxConfidence)
            : rewarded is not null ? ConfidenceAfterFailure
            : confidence > MinConfidence ? confidence - 1 : confidence);
        _history = ((_history << 1) | (isShort ? 1 : 0)) & (_confidence.Length - 1);
        Rewarded += rewarded == true ? 1 : 0;
        Unrewarded += rewarded == false ? 1 : 0;
    }
}
