using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace SshGateway.Hosting;

/// <summary>
/// Checks that a setting has the form of its property, before the binder does: the binder skips a text where a list is
/// wanted, names types of .NET in its messages, and takes "30" for thirty days.
/// </summary>
internal static class SettingForm
{
    /// <summary>What is wrong, a sentence each; none: the binder can read it.</summary>
    public static IEnumerable<string> FindProblems(PropertyInfo property, IConfigurationSection setting) =>
        property.PropertyType == typeof(IList<string>) ? CheckList(setting) : CheckValue(property.PropertyType, setting);

    private static IEnumerable<string> CheckList(IConfigurationSection setting)
    {
        if (setting.Value is { Length: > 0 } text)
        {
            yield return $"{setting.Path} is \"{text}\", and must be a list; write {setting.Path}:0={text}, or in JSON [\"{text}\"]";
        }
        foreach (IConfigurationSection item in setting.GetChildren())
        {
            if (!int.TryParse(item.Key, NumberStyles.None, CultureInfo.InvariantCulture, out _) || item.Value is null || item.GetChildren().Any())
            {
                yield return $"{item.GetChildren().FirstOrDefault()?.Path ?? item.Path} is no item of a list of texts; write {setting.Path}:0=<text>, {setting.Path}:1=<text> and so on, or in JSON [\"<text>\", \"<text>\"]";
            }
        }
    }

    private static IEnumerable<string> CheckValue(Type type, IConfigurationSection setting)
    {
        if (setting.GetChildren().FirstOrDefault() is { } child)
        {
            return [$"{setting.Path} is a list or has parts ({child.Path}), and must be one value; write {setting.Path}={child.Value ?? "<value>"}"];
        }
        if (setting.Value is not { } text)
        {
            return [$"{setting.Path} is null; write a value, or leave the key out for its default"];
        }
        return ExpectedInstead(type, text) is { } expected ? [$"{setting.Path} is \"{text}\"; write {expected}"] : [];
    }

    private static string? ExpectedInstead(Type type, string text) =>
        type == typeof(bool) ? bool.TryParse(text, out _) ? null : "true or false"
        : type == typeof(int) ? int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out _) ? null : $"a whole number up to {int.MaxValue}, without a unit"
        : type == typeof(long) ? long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out _) ? null : $"a whole number up to {long.MaxValue}, without a unit"
        : type == typeof(TimeSpan) ? TimeSpan.TryParseExact(text.Trim(), "c", CultureInfo.InvariantCulture, out _) && text.Contains(':', StringComparison.Ordinal) ? null
            : "a time as hh:mm:ss or d.hh:mm:ss, such as 00:01:00 for a minute"
        : null;
}
