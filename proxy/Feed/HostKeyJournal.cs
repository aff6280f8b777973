using System.Collections.Concurrent;
using Google.Protobuf;
using SshGateway.Feed;
using SshGateway.Proxy.Pods;

namespace SshGateway.Proxy.Feed;

/// <summary>
/// What one operator is to be told of pods' host keys: all that were learned, then each that is learned or refused.
/// Lives as long as the stream.
/// </summary>
internal sealed class HostKeyJournal : IDisposable
{
    // A client that tries again and again is told of once; a great many different keys are not remembered for that.
    private const int RefusalsRemembered = 10_000;

    private readonly PodHostKeys _hostKeys;
    private readonly ConcurrentQueue<ProxyMessage> _news = new();
    private readonly ConcurrentDictionary<(string PodUid, string Fingerprint), bool> _refused = [];

    public HostKeyJournal(PodHostKeys hostKeys)
    {
        _hostKeys = hostKeys;
        // A key that is learned now may be told twice, which does no harm.
        hostKeys.Learned += OnLearned;
        hostKeys.Refused += OnRefused;
        foreach (LearnedPodKey key in hostKeys.All)
        {
            OnLearned(key);
        }
    }

    /// <summary>What is news since the last call.</summary>
    public IEnumerable<ProxyMessage> Take()
    {
        while (_news.TryDequeue(out ProxyMessage? message))
        {
            yield return message;
        }
    }

    public void Dispose()
    {
        _hostKeys.Learned -= OnLearned;
        _hostKeys.Refused -= OnRefused;
    }

    private void OnLearned(LearnedPodKey key) => _news.Enqueue(new ProxyMessage
    {
        LearnedHostKey = new LearnedHostKey { SessionId = key.SessionId, PodUid = key.PodUid, Key = UnsafeByteOperations.UnsafeWrap(key.Blob) },
    });

    private void OnRefused(string sessionId, string podUid, string fingerprint)
    {
        if (_refused.Count < RefusalsRemembered && _refused.TryAdd((podUid, fingerprint), true))
        {
            _news.Enqueue(new ProxyMessage
            {
                HostKeyMismatch = new HostKeyMismatch { SessionId = sessionId, PodUid = podUid, Reason = ReadyReasons.HostKeyMismatch, HostKeyFingerprint = fingerprint },
            });
        }
    }
}
