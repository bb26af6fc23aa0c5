import { Component, type ReactNode } from 'react';
import { Failure } from './Failure.tsx';

interface Props {
  children: ReactNode;
}

/** A component that throws while it renders disappears, and nothing else. */
export class Boundary extends Component<Props, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    return this.state.failed ? <Failure retry={() => this.setState({ failed: false })} /> : this.props.children;
  }
}
