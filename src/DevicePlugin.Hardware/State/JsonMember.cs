using System.Text.Json;

namespace DevicePlugin.Hardware.State;

/// <summary>Members of the JSON objects that are read by hand.</summary>
internal static class JsonMember
{
    /// <exception cref="JsonException">It is null.</exception>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public static string Text(JsonElement owner, string name) =>
        owner.GetProperty(name).GetString() ?? throw new JsonException($"{name} is null");

    /// <summary>A number that can be written again: 1e999 is read as infinity, which JSON does not have.</summary>
    /// <exception cref="FormatException">It is too large.</exception>
    public static double Finite(JsonElement value) => value.GetDouble() is var number && double.IsFinite(number)
        ? number
        : throw new FormatException("a number is too large");

    /// <summary>Null for a member that is absent or null.</summary>
    public static JsonElement? Find(JsonElement owner, string name) =>
        owner.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
}
