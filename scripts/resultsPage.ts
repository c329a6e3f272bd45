export async function writeResultsPage(): Promise<string> {
  return '';
}
