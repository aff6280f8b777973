using System.Buffers.Binary;
using SshGateway.Ssh.Wire;

namespace SshGateway.Proxy.Passthrough;

/// <summary>
/// Finds where the pod's bytes begin to be encrypted. How many follow tells a failed login from one that succeeded,
/// whatever key exchange came before: sshd answers a failed attempt with less than 50 bytes, and a login with hundreds.
/// </summary>
internal sealed class HandshakeMeter
{
    /// <summary>
    /// What sshd sends encrypted for as many attempts as it allows (MaxAuthTries, 6) is less. The shortest session with
    /// OpenSSH has more than this.
    /// </summary>
    public const long MinLogin = 900;

    // More than an identification with lines before it, and a key exchange with the largest keys, take.
    private const int MaxPlain = 64 * 1024;

    //  uint32    packet_length
    //  byte      padding_length
    //  byte      message number
    private const int HeaderLength = 6;

    private readonly byte[] _head = new byte[HeaderLength];
    private int _filled;
    private int _toSkip;
    private int _plain;
    private bool _isInPackets;

    /// <summary>Whether what follows is of no interest.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Of so many bytes that the pod sent, those that were encrypted.</summary>
    public long Encrypted(long sent) => IsDone ? sent - _plain : 0;

    /// <summary>The pod sent this.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        foreach (byte next in bytes)
        {
            if (IsDone)
            {
                return;
            }
            _plain++;
            IsDone = _isInPackets ? EndsPlain(next) : _plain >= MaxPlain;
            if (!_isInPackets)
            {
                Identify(next);
            }
        }
    }

    // RFC 4253 section 4.2: lines, and the last one begins with SSH-.
    private void Identify(byte next)
    {
        if (next != '\n')
        {
            if (_filled < HeaderLength)
            {
                _head[_filled++] = next;
            }
            return;
        }
        _isInPackets = _head.AsSpan(0, _filled).StartsWith("SSH-"u8);
        _filled = 0;
    }

    private bool EndsPlain(byte next)
    {
        if (_toSkip > 0)
        {
            _toSkip--;
            return _toSkip == 0 && _head[^1] == MessageNumber.NewKeys;
        }
        _head[_filled++] = next;
        if (_filled == HeaderLength)
        {
            _filled = 0;
            // Two bytes of it have come.
            _toSkip = (int)Math.Clamp(BinaryPrimitives.ReadUInt32BigEndian(_head) - 2L, 1, MaxPlain);
        }
        return _plain >= MaxPlain;
    }
}
