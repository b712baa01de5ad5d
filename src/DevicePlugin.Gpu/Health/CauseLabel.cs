using System.Collections.Immutable;

namespace DevicePlugin.Gpu.Health;

/// <summary>A cause as programs are told of it.</summary>
/// <param name="Word">Stable; <c>docs/health.md</c> lists them.</param>
/// <param name="Xid">Its number; null for a cause that is not an XID.</param>
public readonly record struct CauseLabel(string Word, long? Xid = null)
{
    /// <summary>Whether it keeps tasks off the device, or is only reported.</summary>
    public bool IsWithheld { get; init; } = true;
}

/// <summary>A cause for people and for programs.</summary>
/// <param name="Key">What makes it the same one, however it is described.</param>
/// <param name="Text">As it is described.</param>
/// <param name="Label">As programs are told of it.</param>
internal readonly record struct ToldCause(string Key, string Text, CauseLabel Label);

/// <summary>Causes in the order in which they are told, compared by content.</summary>
internal readonly struct ToldCauses(ImmutableArray<ToldCause> causes) : IEquatable<ToldCauses>
{
    public ImmutableArray<ToldCause> All { get; } = causes;

    public bool IsEmpty => All.IsDefaultOrEmpty;

    public bool Equals(ToldCauses other) => IsEmpty ? other.IsEmpty : All.AsSpan().SequenceEqual(other.All.AsSpan());

    public override bool Equals(object? obj) => obj is ToldCauses other && Equals(other);

    public override int GetHashCode() => IsEmpty ? 0 : All.Length;
}
