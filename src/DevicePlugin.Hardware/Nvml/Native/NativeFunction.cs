namespace DevicePlugin.Hardware.Nvml.Native;

/// <summary>A function that the library may lack. The call shapes of NVML are written down once, here.</summary>
internal readonly unsafe struct NativeFunction(string name, nint address, NvmlCallMeter? meter)
{
    public string Name { get; } = name;

    public bool Exists => address != 0;

    /// <summary>
    /// To be called before a call that is then given to <see cref="End"/>; as its first argument, since C# evaluates them in
    /// their order.
    /// </summary>
    public long Begin() => meter?.Begin() ?? 0;

    public NvmlReturn End(long begun, NvmlReturn result)
    {
        if (begun != 0)
        {
            meter!.End(Name, begun, result);
        }

        return result;
    }

    public NvmlReturn Call() => Exists
        ? End(Begin(), ((delegate* unmanaged[Cdecl]<NvmlReturn>)Enter())())
        : NvmlReturn.FunctionNotFound;

    public NvmlReturn Call(uint argument) => Exists
        ? End(Begin(), ((delegate* unmanaged[Cdecl]<uint, NvmlReturn>)Enter())(argument))
        : NvmlReturn.FunctionNotFound;

    public NvmlReturn Call(nint argument) => Exists
        ? End(Begin(), ((delegate* unmanaged[Cdecl]<nint, NvmlReturn>)Enter())(argument))
        : NvmlReturn.FunctionNotFound;

    public NvmlReturn Call<T>(ref T output)
        where T : unmanaged
    {
        fixed (T* pointer = &output)
        {
            return Exists
                ? End(Begin(), ((delegate* unmanaged[Cdecl]<void*, NvmlReturn>)Enter())(pointer))
                : NvmlReturn.FunctionNotFound;
        }
    }

    public NvmlReturn Call(uint index, ref nint output)
    {
        fixed (nint* pointer = &output)
        {
            return Exists
                ? End(Begin(), ((delegate* unmanaged[Cdecl]<uint, nint*, NvmlReturn>)Enter())(index, pointer))
                : NvmlReturn.FunctionNotFound;
        }
    }

    public NvmlReturn Call<T>(nint device, ref T output)
        where T : unmanaged
    {
        fixed (T* pointer = &output)
        {
            return Exists
                ? End(Begin(), ((delegate* unmanaged[Cdecl]<nint, void*, NvmlReturn>)Enter())(device, pointer))
                : NvmlReturn.FunctionNotFound;
        }
    }

    public NvmlReturn Call(nint device, ref uint first, ref uint second)
    {
        fixed (uint* one = &first, two = &second)
        {
            return Exists
                ? End(Begin(), ((delegate* unmanaged[Cdecl]<nint, uint*, uint*, NvmlReturn>)Enter())(device, one, two))
                : NvmlReturn.FunctionNotFound;
        }
    }

    public NvmlReturn Call<T>(nint device, uint selector, ref T output)
        where T : unmanaged
    {
        fixed (T* pointer = &output)
        {
            return Exists
                ? End(Begin(), ((delegate* unmanaged[Cdecl]<nint, uint, void*, NvmlReturn>)Enter())(
                    device, selector, pointer))
                : NvmlReturn.FunctionNotFound;
        }
    }

    public NvmlReturn Call(nint device, uint first, uint second, ref ulong output)
    {
        fixed (ulong* pointer = &output)
        {
            return Exists
                ? End(Begin(), ((delegate* unmanaged[Cdecl]<nint, uint, uint, ulong*, NvmlReturn>)Enter())(
                    device, first, second, pointer))
                : NvmlReturn.FunctionNotFound;
        }
    }

    public NvmlReturn Call(nint device, uint first, uint second, uint third, ref ulong output)
    {
        fixed (ulong* pointer = &output)
        {
            return Exists
                ? End(Begin(), ((delegate* unmanaged[Cdecl]<nint, uint, uint, uint, ulong*, NvmlReturn>)Enter())(
                    device, first, second, third, pointer))
                : NvmlReturn.FunctionNotFound;
        }
    }

    /// <summary>Shape (device, count, entries): the count goes in as room and comes back as what there is.</summary>
    public NvmlReturn CallList<T>(nint device, ref uint count, Span<T> entries)
        where T : unmanaged
    {
        fixed (T* pointer = entries)
        fixed (uint* room = &count)
        {
            return Exists
                ? End(Begin(), ((delegate* unmanaged[Cdecl]<nint, uint*, void*, NvmlReturn>)Enter())(device, room, pointer))
                : NvmlReturn.FunctionNotFound;
        }
    }

    /// <summary>Shape (device, selector, count, entries).</summary>
    public NvmlReturn CallList<T>(nint device, uint selector, ref uint count, Span<T> entries)
        where T : unmanaged
    {
        fixed (T* pointer = entries)
        fixed (uint* room = &count)
        {
            return Exists
                ? End(Begin(), ((delegate* unmanaged[Cdecl]<nint, uint, uint*, void*, NvmlReturn>)Enter())(
                    device, selector, room, pointer))
                : NvmlReturn.FunctionNotFound;
        }
    }

    /// <summary>Shape (text, length).</summary>
    public NvmlReturn CallText(Span<byte> buffer)
    {
        buffer.Clear();
        fixed (byte* pointer = buffer)
        {
            return Exists
                ? End(Begin(), ((delegate* unmanaged[Cdecl]<byte*, uint, NvmlReturn>)Enter())(pointer, (uint)buffer.Length))
                : NvmlReturn.FunctionNotFound;
        }
    }

    /// <summary>Shape (device, text, length).</summary>
    public NvmlReturn CallText(nint device, Span<byte> buffer)
    {
        buffer.Clear();
        fixed (byte* pointer = buffer)
        {
            return Exists
                ? End(Begin(), ((delegate* unmanaged[Cdecl]<nint, byte*, uint, NvmlReturn>)Enter())(
                    device, pointer, (uint)buffer.Length))
                : NvmlReturn.FunctionNotFound;
        }
    }

    /// <summary>Shape (device, selector, text, length).</summary>
    public NvmlReturn CallText(nint device, uint selector, Span<byte> buffer)
    {
        buffer.Clear();
        fixed (byte* pointer = buffer)
        {
            return Exists
                ? End(Begin(), ((delegate* unmanaged[Cdecl]<nint, uint, byte*, uint, NvmlReturn>)Enter())(
                    device, selector, pointer, (uint)buffer.Length))
                : NvmlReturn.FunctionNotFound;
        }
    }

    /// <summary>Shape (number, text, length).</summary>
    public NvmlReturn CallText(uint argument, Span<byte> buffer)
    {
        buffer.Clear();
        fixed (byte* pointer = buffer)
        {
            return Exists
                ? End(Begin(), ((delegate* unmanaged[Cdecl]<uint, byte*, uint, NvmlReturn>)Enter())(
                    argument, pointer, (uint)buffer.Length))
                : NvmlReturn.FunctionNotFound;
        }
    }

    /// <summary>The function's address, for a call that follows at once.</summary>
    public nint Enter()
    {
        RunningCall.Enter(Name);
        return address;
    }
}
