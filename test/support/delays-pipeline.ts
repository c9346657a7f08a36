/** How the pipeline.yaml of the fixture's model begins: what test/fixtures/delays.onnx takes, and what trains it. */
export const DELAYS = `
pipeline: delays
dataset: delays
schema:
  distance: { type: integer, min: 1, max: 10000 }
  delay: { type: number, nullable: true }
  origin: { type: category, nullable: true }
  weekend: { type: boolean }
  date: { type: datetime }
  late: { type: boolean, role: target }
training: { algorithm: gradient_boosting }
`;
