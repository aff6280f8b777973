namespace SshGateway.Ssh.Revocation;

/// <summary>The certificates of one CA, or of every CA, that are revoked.</summary>
internal sealed class RevokedCertificates
{
    private readonly HashSet<string> _keyIds = new(StringComparer.Ordinal);
    private readonly List<(ulong First, ulong Last)> _serials = [];

    public void AddKeyId(string keyId) => _keyIds.Add(keyId);

    public void AddSerials(ulong first, ulong last) => _serials.Add((first, last));

    /// <summary>Makes the serials ready for look-ups: in order, and without overlaps.</summary>
    public void Complete()
    {
        _serials.Sort();
        int kept = 0;
        for (int i = 1; i < _serials.Count; i++)
        {
            if (_serials[i].First <= _serials[kept].Last)
            {
                _serials[kept] = (_serials[kept].First, Math.Max(_serials[kept].Last, _serials[i].Last));
            }
            else
            {
                _serials[++kept] = _serials[i];
            }
        }
        _serials.RemoveRange(Math.Min(kept + 1, _serials.Count), Math.Max(0, _serials.Count - kept - 1));
        _serials.TrimExcess();
    }

    public bool ContainsKeyId(string keyId) => _keyIds.Contains(keyId);

    /// <summary>Serial 0 means that the CA does not number; it is never revoked (krl.c, is_cert_revoked).</summary>
    public bool ContainsSerial(ulong serial)
    {
        if (serial == 0)
        {
            return false;
        }
        // The last range that begins at or before the serial.
        int at = _serials.BinarySearch((serial, ulong.MaxValue));
        at = at >= 0 ? at : ~at - 1;
        return at >= 0 && serial <= _serials[at].Last;
    }
}
