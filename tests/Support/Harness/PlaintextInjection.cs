using System.Buffers.Binary;
using SshGateway.Ssh.Wire;

namespace SshGateway.Tests.Support.Harness;

/// <summary>
/// The Terrapin attack on one direction of a connection (CVE-2023-48795): a packet of the attacker's own at a place in
/// the unencrypted part of the first key exchange, and, if asked for, the first bytes of the encrypted part swallowed
/// in exchange.
/// </summary>
/// <param name="place">Before which message the packet goes; 0: behind NEWKEYS.</param>
/// <param name="swallowed">How many bytes behind NEWKEYS do not arrive.</param>
internal sealed class PlaintextInjection(byte place, int swallowed = 0) : IStreamChange
{
    //  byte      SSH_MSG_IGNORE
    //  string    data
    private static readonly byte[] Ignore = RawConnection.Packet(MessageNumber.Ignore, 0, 0, 0, 0);

    private readonly List<byte> _unread = [];
    private bool _identified;
    private bool _encrypted;

    public bool Injected { get; private set; }

    /// <summary>Bytes that came behind NEWKEYS so far.</summary>
    public int EncryptedBytes { get; private set; }

    public byte[] Change(ReadOnlySpan<byte> received)
    {
        List<byte> changed = [];
        _unread.AddRange(received);
        while (!_encrypted)
        {
            bool isPacket = _identified;
            if (TakeUnit() is not { } unit)
            {
                break;
            }

            byte number = isPacket ? unit[5] : (byte)0;
            if (!Injected && place != 0 && number == place)
            {
                Inject(changed);
            }

            changed.AddRange(unit);
            if (number == MessageNumber.NewKeys)
            {
                _encrypted = true;
                if (place == 0)
                {
                    Inject(changed);
                }
            }
        }

        if (_encrypted)
        {
            int gone = Math.Clamp(swallowed - EncryptedBytes, 0, _unread.Count);
            EncryptedBytes += _unread.Count;
            changed.AddRange(_unread.Skip(gone));
            _unread.Clear();
        }

        return [.. changed];
    }

    private void Inject(List<byte> changed)
    {
        changed.AddRange(Ignore);
        Injected = true;
    }

    /// <summary>The identification line, or a packet; null: it has not come completely.</summary>
    private byte[]? TakeUnit()
    {
        int length;
        if (!_identified)
        {
            length = _unread.IndexOf((byte)'\n') + 1;
            _identified = length > 0;
        }
        else
        {
            length = _unread.Count < 4 ? 0 : 4 + BinaryPrimitives.ReadInt32BigEndian([.. _unread.Take(4)]);
        }

        if (length == 0 || length > _unread.Count)
        {
            return null;
        }

        byte[] unit = [.. _unread.Take(length)];
        _unread.RemoveRange(0, length);
        return unit;
    }
}
