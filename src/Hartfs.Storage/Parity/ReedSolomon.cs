namespace Hartfs.Storage.Parity;

/// <summary>
/// A systematic Reed-Solomon code over <see cref="GaloisField"/>: of data and parity shards any that are as many as
/// the data shards give back all. The matrix is a Vandermonde matrix (row r, column c: r to the power of c) times the
/// inverse of its upper square, as in Backblaze's JavaReedSolomon, whose test vectors hold here.
/// </summary>
internal sealed class ReedSolomon
{
    /// <summary>Data and parity shards together at most.</summary>
    public const int ShardsMax = 255;

    private readonly byte[][] _matrix;

    public ReedSolomon(int dataCount, int parityCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dataCount, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(parityCount, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dataCount + parityCount, ShardsMax);
        (DataCount, ParityCount) = (dataCount, parityCount);
        var vandermonde = new byte[dataCount + parityCount][];
        for (int row = 0; row < vandermonde.Length; row++)
        {
            vandermonde[row] = new byte[dataCount];
            for (int column = 0; column < dataCount; column++)
                vandermonde[row][column] = GaloisField.Power((byte)row, column);
        }

        _matrix = Multiply(vandermonde, Invert(vandermonde[..dataCount]));
    }

    public int DataCount { get; }

    public int ParityCount { get; }

    /// <summary>What a data shard contributes to a parity shard.</summary>
    public byte Factor(int parity, int data) => _matrix[DataCount + parity][data];

    /// <summary>
    /// How the data shards follow from <see cref="DataCount"/> shards that are there: row d times them is shard d.
    /// </summary>
    /// <param name="present">Their numbers, parity behind data, ascending.</param>
    public byte[][] DecodingMatrix(ReadOnlySpan<int> present)
    {
        var rows = new byte[DataCount][];
        for (int index = 0; index < DataCount; index++)
            rows[index] = _matrix[present[index]];
        return Invert(rows);
    }

    private static byte[][] Multiply(byte[][] left, byte[][] right)
    {
        var product = new byte[left.Length][];
        for (int row = 0; row < left.Length; row++)
        {
            product[row] = new byte[right[0].Length];
            for (int index = 0; index < right.Length; index++)
                GaloisField.MultiplyAdd(product[row], right[index], left[row][index]);
        }

        return product;
    }

    // Gauss and Jordan. Every square of the matrices used here can be inverted.
    private static byte[][] Invert(byte[][] matrix)
    {
        int size = matrix.Length;
        var work = new byte[size][];
        for (int row = 0; row < size; row++)
        {
            work[row] = new byte[size * 2];
            matrix[row].CopyTo(work[row], 0);
            work[row][size + row] = 1;
        }

        for (int column = 0; column < size; column++)
        {
            int pivot = Array.FindIndex(work, column, row => row[column] != 0);
            if (pivot < 0)
                throw new InvalidOperationException("the matrix is singular");
            (work[column], work[pivot]) = (work[pivot], work[column]);
            byte[] scaled = new byte[size * 2];
            GaloisField.MultiplyAdd(scaled, work[column], GaloisField.Invert(work[column][column]));
            work[column] = scaled;
            for (int row = 0; row < size; row++)
            {
                if (row != column)
                    GaloisField.MultiplyAdd(work[row], work[column], work[row][column]);
            }
        }

        return [.. work.Select(row => row[size..])];
    }
}
