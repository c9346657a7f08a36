declare module '*.sql' {
  const text: string;
  // biome-ignore lint/style/noDefaultExport: what esbuild's text loader makes of a file
  export default text;
}
