using Microsoft.Extensions.Configuration;

namespace SshGateway.Hosting;

/// <summary>Reads a section of the configuration into options, and says everything that is wrong with it at once.</summary>
public static class OptionsSection
{
    /// <param name="configuration">The configuration.</param>
    /// <param name="section">The section's name.</param>
    /// <param name="keys">Every key that the section may have.</param>
    /// <param name="bind">Binds the section; given by the caller, because the binder is generated for the type at the call.</param>
    /// <param name="check">What is wrong with the options, a sentence each.</param>
    /// <exception cref="ConfigurationException">A key is unknown, or a value cannot be used.</exception>
    public static T Read<T>(
        IConfiguration configuration, string section, IReadOnlyList<string> keys, Action<IConfigurationSection, T> bind, Func<T, IEnumerable<string>> check)
        where T : new()
    {
        ArgumentNullException.ThrowIfNull(configuration);
        ArgumentNullException.ThrowIfNull(bind);
        ArgumentNullException.ThrowIfNull(check);
        IConfigurationSection found = configuration.GetSection(section);
        List<string> failures =
        [
            .. found.GetChildren().Select(child => child.Key).Except(keys, StringComparer.OrdinalIgnoreCase)
                .Select(key => $"{section}:{key} is no key; there are {string.Join(", ", keys)}"),
        ];
        var options = new T();
        try
        {
            bind(found, options);
            failures.AddRange(check(options));
        }
        catch (InvalidOperationException exception)
        {
            // The binder's message names the key, the value and the type.
            failures.Add(exception.Message);
        }
        return failures.Count == 0 ? options : throw new ConfigurationException(failures);
    }
}
