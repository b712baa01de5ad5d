using System.Collections.Immutable;

namespace DevicePlugin.Nomad.Configuration;

/// <summary>What a collection expression calls to make an <see cref="EquatableArray{T}"/>.</summary>
public static class EquatableArrayBuilder
{
    public static EquatableArray<T> Create<T>(ReadOnlySpan<T> items) => new(ImmutableArray.Create(items));
}
