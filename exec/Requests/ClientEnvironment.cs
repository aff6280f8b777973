using System.IO.Enumeration;
using System.Text;
using System.Text.Unicode;

namespace SshGateway.Exec.Requests;

/// <summary>The variables that a client sets (RFC 4254 section 6.4): those that the session accepts.</summary>
/// <param name="accepted">Patterns as in sshd_config's AcceptEnv, besides those that are always accepted.</param>
internal sealed class ClientEnvironment(IReadOnlyList<string> accepted)
{
    // The same that Debian's sshd accepts.
    private static readonly string[] AlwaysAccepted = ["LANG", "LC_*"];

    private readonly Dictionary<string, string> _variables = new(StringComparer.Ordinal);
    private int _size;

    /// <summary>As arguments of env(1).</summary>
    public IEnumerable<string> Assignments => _variables.Select(variable => $"{variable.Key}={variable.Value}");

    /// <summary>False: the session does not accept it, or it is out of bounds.</summary>
    public bool TryAdd(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (!IsName(name) || value.Length > RequestLimits.VariableValue || value.Contains((byte)0) || !Utf8.IsValid(value))
        {
            return false;
        }
        int size = name.Length + value.Length;
        if (_variables.Count == RequestLimits.Variables || size > RequestLimits.AllVariables - _size)
        {
            return false;
        }
        string variable = Encoding.ASCII.GetString(name);
        if (!AlwaysAccepted.Concat(accepted).Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, variable, ignoreCase: false)))
        {
            return false;
        }
        _variables[variable] = Encoding.UTF8.GetString(value);
        // Also what replaces another one counts: it can be said only so often.
        _size += size;
        return true;
    }

    // env(1) takes everything with a "=" in it as an assignment; a name like "-S x" must not become an option.
    private static bool IsName(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty || name.Length > RequestLimits.VariableName || char.IsAsciiDigit((char)name[0]))
        {
            return false;
        }
        foreach (byte letter in name)
        {
            if (!char.IsAsciiLetterOrDigit((char)letter) && letter != '_')
            {
                return false;
            }
        }
        return true;
    }
}
